package io.stele.arm64.system;

/** The set of extensions that a CPU has; immutable. */
public final class CpuFeatures {
    private static final CpuFeature[] ALL = CpuFeature.values();
    /** How the feature of a row of the description begins. */
    private static final String PREFIX = "FEAT_";
    private static final String BASE = "base";

    /** Everything that works. */
    public static final CpuFeatures MAX = new CpuFeatures((1L << ALL.length) - 1);
    /** Everything that is described, also of features that do not work as a whole yet: for dumps and tests of single instructions. */
    public static final CpuFeatures DESCRIBED = new CpuFeatures(-1);
    /** Those of a Neoverse N1 that work, which Linux meets with no workaround. */
    public static final CpuFeatures DEFAULT = new CpuFeatures(bits(
        CpuFeature.AES, CpuFeature.PMULL, CpuFeature.SHA1, CpuFeature.SHA256, CpuFeature.CRC32, CpuFeature.LSE,
        CpuFeature.LOR, CpuFeature.RDM, CpuFeature.DotProd, CpuFeature.FP16, CpuFeature.LRCPC, CpuFeature.DPB,
        CpuFeature.HAFDBS, CpuFeature.PMU));

    private final long bits;

    private CpuFeatures(long bits) {
        this.bits = bits;
    }

    private static long bits(CpuFeature... features) {
        long r = 0;
        for (CpuFeature feature : features) {
            r |= feature.bit();
        }
        return r;
    }

    /**
     * Reads a comma list: {@code default} or {@code max} in the first place, then {@code +feature} and {@code -feature}, in order. What a
     * feature extends comes and goes with it.
     *
     * @throws IllegalArgumentException if it is none, with what is known in the message
     */
    public static CpuFeatures parse(String text) {
        long set = DEFAULT.bits;
        String[] words = text.split(",", -1);
        for (int i = 0; i < words.length; i++) {
            String word = words[i].trim();
            if (i == 0 && word.equals("max")) {
                set = MAX.bits;
            } else if (i > 0 || !word.equals("default")) {
                CpuFeature feature = word.isEmpty() ? null : find(word.substring(1));
                boolean add = word.startsWith("+");
                if (feature == null || !add && !word.startsWith("-")) {
                    throw new IllegalArgumentException(
                        "'" + word + "' is none of default, max (in the first place), +FEATURE, -FEATURE; features: " + known());
                }
                set = add ? with(set, feature) : without(set, feature);
            }
        }
        return new CpuFeatures(set);
    }

    private static CpuFeature find(String label) {
        for (CpuFeature feature : ALL) {
            if (feature.label().equals(label)) {
                return feature;
            }
        }
        return null;
    }

    private static String known() {
        StringBuilder text = new StringBuilder();
        for (CpuFeature feature : ALL) {
            text.append(text.isEmpty() ? "" : " ").append(feature.label());
        }
        return text.toString();
    }

    private static long with(long set, CpuFeature feature) {
        long r = set;
        for (CpuFeature f = feature; f != null; f = f.needs) {
            r |= f.bit();
        }
        return r;
    }

    private static long without(long set, CpuFeature feature) {
        long r = set & ~feature.bit();
        for (CpuFeature f : ALL) {
            if (f.needs == feature) {
                r = without(r, f);
            }
        }
        return r;
    }

    public boolean has(CpuFeature feature) {
        return (bits & feature.bit()) != 0;
    }

    /** True if the CPU has the instructions of a feature that the description names: {@code base} or {@code FEAT_AES}. */
    public boolean hasGroup(String name) {
        return this == DESCRIBED || name.equals(BASE) || has(name);
    }

    private boolean has(String name) {
        for (CpuFeature feature : ALL) {
            if (name.startsWith(PREFIX) && name.substring(PREFIX.length()).equals(feature.name())) {
                return has(feature);
            }
        }
        return false;
    }

    /** What these features put into an ID register, as {@link IdRegisters} numbers them. */
    long idFields(int register) {
        long fields = 0;
        for (CpuFeature feature : ALL) {
            if (feature.register == register && has(feature)) {
                long field = feature.fields() << feature.shift;
                if ((fields & field) >>> feature.shift < feature.value) {
                    fields = fields & ~field | feature.value << feature.shift;
                }
            }
        }
        return fields;
    }

    /** All labels, blank-separated: the set's identity. */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        for (CpuFeature feature : ALL) {
            if (has(feature)) {
                text.append(text.isEmpty() ? "" : " ").append(feature.label());
            }
        }
        return text.toString();
    }
}
