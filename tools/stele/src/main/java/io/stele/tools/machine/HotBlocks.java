package io.stele.tools.machine;

import io.stele.codegen.listing.ListingRows;
import io.stele.runtime.code.CodeCache;
import io.stele.runtime.code.GuestProfile;
import io.stele.runtime.code.WantedBlock;
import io.stele.tools.profile.GuestNames;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The blocks in which a guest spent most of its time. */
final class HotBlocks {
    private HotBlocks() {
    }

    /** A block as samples know it: by the place that it is entered at. */
    private record Entry(long physical, int mode) {
    }

    /** Lists the hottest blocks. @param count how many at most */
    static void list(CodeCache code, GuestProfile profile, GuestNames names, int count, ListingRows out) throws IOException {
        Map<Entry, Integer> samples = new HashMap<>();
        Map<Entry, String> stacks = new HashMap<>();
        int all = 0;
        for (Map.Entry<GuestProfile.Place, Integer> counted : profile.counts().entrySet()) {
            GuestProfile.Place place = counted.getKey();
            all += counted.getValue();
            if (place.physical() != GuestProfile.UNKNOWN) {
                Entry entry = new Entry(place.physical(), place.mode());
                samples.merge(entry, counted.getValue(), Integer::sum);
                stacks.putIfAbsent(entry, names.stack(place));
            }
        }
        List<Map.Entry<Entry, Integer>> hottest = new ArrayList<>(samples.entrySet());
        hottest.sort(Map.Entry.<Entry, Integer>comparingByValue().reversed());
        List<WantedBlock> wanted = new ArrayList<>();
        for (Map.Entry<Entry, Integer> entry : hottest.subList(0, Math.min(count, hottest.size()))) {
            wanted.add(new WantedBlock(entry.getKey().physical, entry.getKey().mode, String.format(Locale.ROOT, "%s, %d of %d samples (%.1f%%)",
                stacks.get(entry.getKey()), entry.getValue(), all, 100.0 * entry.getValue() / all)));
        }
        code.listings().write(wanted, out);
    }
}
