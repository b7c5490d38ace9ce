package dev.filigree.tests;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.xpath.XPathConstants;
import javax.xml.xpath.XPathFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;
import org.w3c.dom.NodeList;

/** Who imports filigree-bom finds every artifact in it. */
class BillOfMaterialsTest {
    private static final Path ROOT = Path.of("..");
    private static final Set<String> NOT_PUBLISHED = Set.of("tests", "examples", "integrations/bom");

    @Test
    void theBillListsWhatTheBuildPublishes() throws Exception {
        Document root = read("pom.xml");
        Document bill = read("integrations/bom/pom.xml");
        List<String> published = texts(root, "/project/modules/module").stream()
                .filter(module -> !NOT_PUBLISHED.contains(module))
                .map(module -> texts(read(module + "/pom.xml"), "/project/artifactId").getFirst())
                .toList();
        assertThat(texts(bill, "//dependency/artifactId")).containsExactlyInAnyOrderElementsOf(published);
        assertThat(texts(bill, "/project/version")).isEqualTo(texts(root, "/project/version"));
        assertThat(texts(bill, "//dependency/version")).containsOnly("${project.version}");
    }

    private static Document read(String file) {
        try {
            return DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(ROOT.resolve(file).toFile());
        } catch (Exception e) {
            throw new AssertionError(file, e);
        }
    }

    private static List<String> texts(Document document, String path) {
        try {
            NodeList nodes = (NodeList) XPathFactory.newInstance().newXPath().evaluate(path, document, XPathConstants.NODESET);
            return IntStream.range(0, nodes.getLength()).mapToObj(i -> nodes.item(i).getTextContent()).toList();
        } catch (Exception e) {
            throw new AssertionError(path, e);
        }
    }
}
