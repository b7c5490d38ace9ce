package dev.filigree.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.filigree.server.page.Page;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The files of the web page, through a socket. What the page does is for a browser to tell. */
@ExtendWith(LeakCheck.class)
class PageTest {
    private static final String START = "index.html";
    /** An address that the server would be asked for: of the page's own folder, in markup, in an import or in a style. */
    private static final Pattern REFERENCE = Pattern.compile("(?:href|src)=\"/page/([^\"]+)\"|from '\\./([^']+)'|url\\(\"([^\"]+)\"\\)");

    private Served served;
    private RawClient client;

    @BeforeEach
    void serve() throws IOException {
        served = new Served();
        client = served.connect();
    }

    @AfterEach
    void stop() throws IOException {
        client.close();
        served.close();
    }

    @Test
    void everyFileIsServedAsItIs() throws Exception {
        for (Path file : files()) {
            RawClient.Response response = get(address(file.getFileName().toString()));
            assertThat(response.status()).as(file.toString()).isEqualTo(200);
            assertThat(response.body()).isEqualTo(Files.readString(file));
            assertThat(response.headers())
                    .containsEntry("x-content-type-options", "nosniff")
                    .containsEntry("cache-control", "no-cache")
                    .containsKey("etag");
            assertThat(response.headers().get("content-security-policy"))
                    .contains("default-src 'none'", "script-src 'self'", "style-src 'self'", "connect-src 'self'", "frame-ancestors 'none'")
                    .doesNotContain("unsafe");
        }
    }

    @Test
    void mediaTypes() throws Exception {
        assertThat(get("/").headers()).containsEntry("content-type", "text/html; charset=utf-8");
        assertThat(get("/page/style.css").headers()).containsEntry("content-type", "text/css; charset=utf-8");
        assertThat(get("/page/app.js").headers()).containsEntry("content-type", "text/javascript; charset=utf-8");
        assertThat(get("/page/icon.svg").headers()).containsEntry("content-type", "image/svg+xml");
    }

    @Test
    void whatFilesReferToIsServed() throws Exception {
        for (Path file : files()) {
            Matcher references = REFERENCE.matcher(Files.readString(file));
            while (references.find()) {
                String name = Stream.of(1, 2, 3).map(references::group).filter(Objects::nonNull).findFirst().orElseThrow();
                assertThat(get("/page/" + name).status()).as(name + " in " + file.getFileName()).isEqualTo(200);
            }
        }
    }

    @Test
    void nothingIsTakenFromElsewhere() throws Exception {
        for (Path file : files()) {
            assertThat(Files.readString(file).replace("http://www.w3.org/2000/svg", ""))
                    .as(file.toString())
                    .doesNotContain("http:", "https:", "src=\"//");
        }
    }

    @Test
    void markupHasNoInlineScriptOrStyle() throws Exception {
        Matcher inline = Pattern.compile("<style|\\sstyle=|\\son[a-z]+=|<script(?![^>]*\\ssrc=)|javascript:").matcher(get("/").body());
        assertThat(inline.results().toList()).isEmpty();
    }

    @Test
    void aFileThatTheClientHasIsNotSentAgain() throws Exception {
        RawClient.Response first = get("/page/app.js");
        String tag = first.headers().get("etag");
        for (String known : new String[] {tag, "\"other\", " + tag, "W/" + tag, "*"}) {
            client.send(RawClient.get("/page/app.js", "If-None-Match: " + known));
            RawClient.Response again = client.read(true);
            assertThat(again.status()).as(known).isEqualTo(304);
            assertThat(again.headers())
                    .containsEntry("etag", tag)
                    .containsEntry("cache-control", "no-cache")
                    .containsEntry("content-length", first.headers().get("content-length"));
        }
        assertThat(client.send(RawClient.get("/page/app.js", "If-None-Match: \"other\"")).read().body()).isEqualTo(first.body());
    }

    @Test
    void filesDifferInTheirTags() throws Exception {
        assertThat(get("/page/app.js").headers().get("etag")).isNotEqualTo(get("/page/api.js").headers().get("etag"));
    }

    @Test
    void headDescribesTheFile() throws Exception {
        client.send(RawClient.head("HEAD", "/", "Accept: */*"));
        RawClient.Response response = client.read(true);
        assertThat(response.status()).isEqualTo(200);
        assertThat(response.headers()).containsEntry("content-length", Long.toString(Files.size(folder().resolve(START))));
        assertThat(get("/").status()).isEqualTo(200);
    }

    @Test
    void thePageIsOnlyRead() throws Exception {
        RawClient.Response response = client.send(RawClient.head("POST", "/", "Content-Length: 0")).read();
        assertThat(response.status()).isEqualTo(405);
        assertThat(response.headers()).containsEntry("allow", "GET, HEAD");
        assertThat(get("/page/../logback.xml").status()).isEqualTo(404);
        assertThat(get("/page/").status()).isEqualTo(404);
    }

    @Test
    void noTokenIsNeededForIt() {
        assertThat(Page.routes()).allMatch(route -> route.isOpen());
    }

    private RawClient.Response get(String path) throws IOException {
        return client.send(RawClient.get(path)).read();
    }

    private static String address(String name) {
        return name.equals(START) ? "/" : "/page/" + name;
    }

    private static Path folder() throws URISyntaxException {
        return Path.of(Page.class.getResource(START).toURI()).getParent();
    }

    /** The files beside the page's classes. */
    private static Set<Path> files() throws IOException, URISyntaxException {
        try (Stream<Path> all = Files.list(folder())) {
            Set<Path> files = all.filter(file -> !file.toString().endsWith(".class")).collect(Collectors.toSet());
            assertThat(files).hasSizeGreaterThan(10);
            return files;
        }
    }
}
