package io.stele.tools.machine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.stele.tools.dump.HtmlRows;
import io.stele.tools.dump.JsonRows;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

/** The same listing for programs and for browsers. */
final class ListingFormatsTest {
    private static final long ADDRESS = 0xffff_8000_0800_0000L;
    private static final int[] WORDS = {0x91000421, 0xf9400020, 0xd65f03c0};

    @Test
    void jsonHasAllCells() throws Exception {
        JsonRows rows = new JsonRows();
        new VirtBackend().listCode(new GivenCode(WORDS, ADDRESS, false, false), rows);
        String json = rows.text();
        assertTrue(json.contains("\"block\": \"block 0xffff800008000000: 3 instructions, "), json);
        assertTrue(json.contains("\"offset\": 4,\n          \"word\": \"f9400020\",\n          \"guest\": \"ldr x0, [x1]\","), json);
        assertTrue(json.contains("\"ir\": \"%2 = read.reg x1\""), json);
        assertTrue(json.contains("\"address\": \"1000000\""), json);
        assertTrue(json.contains("\"mark\": \"R\""), json);
        assertTrue(json.contains("\"ir\": \"out of line: region miss\""), json);
    }

    @Test
    void thePageIsWellFormedNeedsNothingFromOutsideAndLinksTheColumns() throws Exception {
        HtmlRows rows = new HtmlRows();
        new VirtBackend().listCode(new GivenCode(WORDS, ADDRESS, false, false), rows);
        String page = rows.text();
        assertFalse(page.contains("http"), "something from outside");
        String body = page.substring(page.indexOf("<body>"), page.indexOf("<script>")) + "</body>";
        Document document = DocumentBuilderFactory.newInstance().newDocumentBuilder()
            .parse(new ByteArrayInputStream(body.getBytes(StandardCharsets.UTF_8)));
        NodeList all = document.getElementsByTagName("tr");
        boolean guest = false;
        boolean outOfLine = false;
        for (int i = 0; i < all.getLength(); i++) {
            Element row = (Element) all.item(i);
            assertEquals(3, row.getElementsByTagName("td").getLength());
            if (row.getAttribute("data-i").equals("4")) {
                guest |= row.getTextContent().contains("ldr x0, [x1]");
                outOfLine |= row.getTextContent().contains("out of line: region miss");
            }
        }
        assertTrue(guest && outOfLine, "the parts of the load do not belong together");
    }
}
