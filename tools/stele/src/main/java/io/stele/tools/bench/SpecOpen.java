package io.stele.tools.bench;

import java.util.List;

/**
 * Free programs that do what the programs of SPEC CPU2006 do; several of those were made from them. Inputs are generated. Programs come as
 * Debian's packages; where Debian has none, a small source of our own does the same kind of work.
 */
final class SpecOpen {
    private static final int MIB = 1 << 20;

    private SpecOpen() {
    }

    static Suite suite() {
        return new Suite("spec-open", "free relatives of SPEC CPU2006's programs, as Debian packages and small sources", List.of(
            new Workload("perl").standsFor("400.perlbench").about("a script over a text: hashes, regular expressions, sorting")
                .packages("perl-base").input("work.pl", () -> Inputs.resource("work.pl")).input("text", () -> Inputs.text(MIB / 2))
                .command("perl work.pl text 3"),
            new Workload("bzip2").standsFor("401.bzip2").about("compresses and decompresses text and machine code")
                .packages("bzip2").input("text", () -> Inputs.text(2 * MIB))
                .prepare("cat text text text >data; cat /usr/lib/*-linux-gnu/libc.so.6 | head -c 1000000 >binary")
                .command("bzip2 -9 <data >data.bz2 && bzip2 -5 <text >text.bz2 && cat data.bz2 text.bz2 && bzip2 -d <data.bz2 | md5sum"),
            new Workload("gcc").standsFor("403.gcc").about("cc1 -O2 of a generated program")
                .packages("cpp").nativePackages("cpp-aarch64-linux-gnu").input("program.i", () -> Inputs.cProgram(24))
                .command("/usr/lib/gcc*/aarch64-linux-gnu/*/cc1 -quiet -fpreprocessed -O2 -w program.i -o program.s && cat program.s",
                    "grep -v -e '\\.ident' -e '\\.file' -e '\\.note'"),
            new Workload("gnugo").standsFor("445.gobmk").about("GNU Go plays against itself")
                .packages("gnugo").input("game", () -> Inputs.gtp(16))
                .command("gnugo --mode gtp --level 8 --seed 1 <game"),
            new Workload("hmmer").standsFor("456.hmmer").about("HMMER 2: calibrates a profile, searches with it")
                .packages("hmmer2").input("family", () -> Inputs.alignment(20, 180)).input("proteins", () -> Inputs.proteins(500, 180))
                .prepare("hmm2build -F model family >/dev/null")
                .command("hmm2calibrate --seed 1 --num 1500 model >/dev/null && hmm2search model proteins",
                    "grep -v -i -e 'CPU' -e 'date' -e 'COM'", numbers("%.1g")),
            new Workload("sjeng").standsFor("458.sjeng").about("chess, fixed depth")
                .packages("sjeng").input("play.sh", () -> Inputs.resource("play.sh"))
                // Debian's programs for Arm and for x86 do not look at the same positions.
                .command("sh play.sh 10 4", "cat", "wc -l"),
            new Workload("x264").standsFor("464.h264ref").about("encodes a generated film")
                .packages("x264").input("film.y4m", () -> Inputs.video(352, 288, 40))
                .command("x264 --cpu-independent --threads 1 --preset medium --no-psy --quiet --no-progress -o film.264 film.y4m && cat film.264"),
            new Workload("xalan").standsFor("483.xalancbmk").about("Xalan-C++ transforms a catalogue")
                .packages("xalan").input("catalogue.xsl", () -> Inputs.resource("catalogue.xsl")).input("catalogue.xml", () -> Inputs.xml(6000))
                .command("xalan -in catalogue.xml -xsl catalogue.xsl"),
            new Workload("libquantum").standsFor("462.libquantum").about("libquantum factors a number with Shor's algorithm")
                .packages("libquantum8", "libgomp1").source("shor").libraries("libquantum.so.8", "libgomp.so.1")
                .command("OMP_NUM_THREADS=1 ./shor 143 7 2"),
            new Workload("x264-c").standsFor("464.h264ref").about("the same without vector code of its own")
                .packages("x264").input("film.y4m", () -> Inputs.video(352, 288, 40))
                .command("x264 --no-asm --threads 1 --preset medium --no-psy --quiet --no-progress -o film.264 film.y4m && cat film.264"),
            new Workload("gromacs").standsFor("435.gromacs").about("molecular dynamics of water")
                .packages("gromacs").input("water.top", () -> Inputs.resource("water.top")).input("water.mdp", () -> Inputs.resource("water.mdp"))
                .prepare("gmx genconf -f /usr/share/gromacs/top/spc216.gro -nbox 2 2 2 -o water.gro >/dev/null 2>&1")
                .prepare("gmx grompp -f water.mdp -c water.gro -p water.top -o run.tpr >/dev/null 2>&1")
                .command("gmx mdrun -s run.tpr -ntmpi 1 -ntomp 1 -reprod -notunepme -deffnm run && sed -n '/<====/q; /Energies/,/^$/p' run.log",
                    "cat", numbers("%.2g")),
            new Workload("soplex").standsFor("450.soplex").about("GLPK: a linear program, simplex")
                .packages("glpk-utils").input("flows.mod", () -> Inputs.resource("flows.mod"))
                .command("glpsol --math flows.mod -o result >log && grep -e Status -e Objective result"),
            new Workload("povray").standsFor("453.povray").about("traces rays through glass, mirrors and noise")
                .packages("povray").input("scene.pov", () -> Inputs.resource("scene.pov"))
                .command("povray +Iscene.pov +Oscene.ppm +FP +W80 +H60 -D +A0.3 +WT1 && cat scene.ppm",
                    "tail -c 14400", "od -An -v -t u1 -w1440 | awk '{sum = 0; for (i = 1; i <= NF; i++) sum += $i; printf(\"%d\\n\", sum / NF + 0.5)}'"),
            new Workload("calculix").standsFor("454.calculix").about("CalculiX: a bar that bends, finite elements")
                .packages("calculix-ccx").input("bar.inp", () -> Inputs.beam(40, 6))
                .command("OMP_NUM_THREADS=1 ccx -i bar >log && cat bar.dat", "cat", numbers("%.4f")),
            new Workload("sphinx").standsFor("482.sphinx3").about("PocketSphinx recognises speech")
                .packages("pocketsphinx", "pocketsphinx-en-us", "pocketsphinx-testdata")
                .command("for file in goforward numbers; do pocketsphinx_continuous -infile /usr/share/pocketsphinx/test/data/$file.raw -logfn log; done"),
            new Workload("mcf").standsFor("429.mcf").about("minimum cost flow, our own").source("mcf").command("./mcf 30000 6 3"),
            new Workload("astar").standsFor("473.astar").about("A* on maps, our own").source("astar").command("./astar 60"),
            new Workload("omnetpp").standsFor("471.omnetpp").about("discrete event simulation, our own").source("omnetpp")
                .command("./omnetpp 8000000"),
            new Workload("milc").standsFor("433.milc").about("SU(3) matrices on a lattice, conjugate gradients, our own").source("milc")
                .command("./milc 16 30"),
            new Workload("lbm").standsFor("470.lbm").about("lattice Boltzmann, our own").source("lbm").command("./lbm 48 40"),
            new Workload("namd").standsFor("444.namd").about("molecular dynamics, our own").source("namd").command("./namd 14 120")));
    }

    /** A filter that writes all numbers with a fraction in another format. */
    private static String numbers(String format) {
        return "awk '{for (i = 1; i <= NF; i++) if ($i ~ /^-?[0-9]+\\.[0-9]/) $i = sprintf(\"" + format + "\", $i); print}'";
    }
}
