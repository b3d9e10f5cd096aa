package io.stele.tools;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * The arrows of docs/architecture.md between packages. Those between modules are JPMS's, but for the module path that tests do not use. Constants
 * are copied by the compiler, so a dependency on nothing but them is not seen.
 */
class ArchitectureTest {
    /** Packages of the pipeline, each of which may use those behind it in the list only; the last ones are used by many. */
    private static final List<String> RUNTIME = List.of("io.stele.runtime", "io.stele.runtime.code", "io.stele.runtime.memory",
        "io.stele.runtime.vcpu", "io.stele.runtime.common", "io.stele.runtime.util");
    private static final List<String> BACKEND = List.of("io.stele.codegen", "io.stele.guest", "io.stele.ir", "io.stele.ir.softfloat", "io.stele.memory");

    private static JavaClasses stele;

    @BeforeAll
    static void read() {
        stele = new ClassFileImporter().withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .withImportOption(location -> !location.contains("-tests.jar")).importPackages("io.stele");
        assertTrue(stele.size() > 300, "only " + stele.size() + " classes found");
    }

    @Test
    void noCircleOfPackages() {
        slices().matching("(io.stele..)").should().beFreeOfCycles().check(stele);
    }

    @Test
    void runtimeAndBackendFlowOneWay() {
        oneWay(RUNTIME);
        oneWay(BACKEND);
    }

    private static void oneWay(List<String> packages) {
        for (int i = 1; i < packages.size(); i++) {
            noClasses().that().resideInAPackage(packages.get(i)).should().dependOnClassesThat()
                .resideInAnyPackage(packages.subList(0, i).toArray(String[]::new)).check(stele);
        }
    }

    @Test
    void theIrKnowsNeitherHostNorGuest() {
        classes().that().resideInAnyPackage("io.stele.ir..").should().onlyDependOnClassesThat()
            .resideInAnyPackage("io.stele.ir..", "io.stele.memory", "java..").check(stele);
    }

    @Test
    void onlyTheFrontEndTheMachineAndTheCommandNameArm() {
        noClasses().that().resideOutsideOfPackages("io.stele.arm64..", "io.stele.platform..", "io.stele.tools..").should()
            .dependOnClassesThat().resideInAPackage("io.stele.arm64..").check(stele);
        noClasses().that().resideInAPackage("io.stele.platform..").should().dependOnClassesThat(
            DescribedPredicate.describe("translate", c -> c.getPackageName().startsWith("io.stele.codegen")
                || c.getPackageName().startsWith("io.stele.runtime") || c.getPackageName().startsWith("io.stele.x86"))).check(stele);
    }

    @Test
    void devicesDoNotKnowTheMachine() {
        noClasses().that().resideInAPackage("io.stele.platform.*..").should().dependOnClassesThat().resideInAPackage("io.stele.platform").check(stele);
    }
}
