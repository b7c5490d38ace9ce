package dev.filigree.tests.page;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** The page's modules one by one: runs the tests beside this class ({@code *.test.js}) in a browser. */
class PageModulesTest {
    private static final List<String> MODULES = List.of("answers", "chart", "format", "history", "prometheus", "rounds", "shell", "tasks");

    @TempDir
    private static Path profile;

    private static HttpServer files;
    private static Browser browser;

    @BeforeAll
    static void open() throws IOException {
        browser = Browser.start(profile);
        files = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        files.createContext("/", exchange -> answer(exchange, "/dev/filigree/tests/page"));
        files.createContext("/page/", exchange -> answer(exchange, "/dev/filigree/server"));
        files.start();
        browser.open("http://127.0.0.1:" + files.getAddress().getPort() + "/test/blank.html");
    }

    @AfterAll
    static void close() {
        if (browser != null) {
            browser.close();
            files.stop(0);
        }
    }

    private static void answer(HttpExchange exchange, String folder) throws IOException {
        String path = exchange.getRequestURI().getPath();
        try (exchange; InputStream file = PageModulesTest.class.getResourceAsStream(folder + path)) {
            byte[] bytes = file == null ? new byte[0] : file.readAllBytes();
            exchange.getResponseHeaders().set("Content-Type", path.endsWith(".js") ? "text/javascript" : "text/html");
            exchange.sendResponseHeaders(file == null ? 404 : 200, bytes.length == 0 ? -1 : bytes.length);
            exchange.getResponseBody().write(bytes);
        }
    }

    @TestFactory
    Stream<DynamicTest> modules() {
        return MODULES.stream().flatMap(PageModulesTest::tests);
    }

    private static Stream<DynamicTest> tests(String module) {
        String file = "/test/" + module + ".test.js";
        Object names = browser.runAsync("return Object.keys((await import(given[0])).default);", file);
        assertThat(names).as(file).isInstanceOf(List.class);
        return ((List<?>) names).stream().map(name -> DynamicTest.dynamicTest(module + ": " + name, () ->
                assertThat(browser.runAsync("await (await import(given[0])).default[given[1]](); return 'passed';", file, name))
                        .as(module + ": " + name)
                        .isEqualTo("passed")));
    }
}
