package dev.filigree.tests.page;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.openqa.selenium.By;
import org.openqa.selenium.StaleElementReferenceException;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;
import org.openqa.selenium.logging.LogEntry;
import org.openqa.selenium.logging.LogType;
import org.openqa.selenium.logging.LoggingPreferences;
import org.openqa.selenium.support.ui.FluentWait;

/** A Chromium without a window, with a new empty profile, that reports what it logs and requests. Not thread-safe. */
final class Browser implements AutoCloseable {
    private static final Path CHROMIUM = Path.of("/usr/bin/chromium");
    private static final Path DRIVER = Path.of("/usr/bin/chromedriver");
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    /** Held, or it would forget its level. To it each Chromium newer than Selenium is worth a warning; nothing here depends on that. */
    private static final Logger VERSIONS = Logger.getLogger("org.openqa.selenium.devtools.CdpVersionFinder");

    private final ChromeDriver driver;

    private Browser(ChromeDriver driver) {
        this.driver = driver;
    }

    /** Starts one; where there is no Chromium, the test that asks is skipped. */
    static Browser start(Path profile) {
        if (!Files.isExecutable(CHROMIUM) || !Files.isExecutable(DRIVER)) {
            String reason = "skipped: the server's page is not tried in a browser, for there is no " + CHROMIUM + " with " + DRIVER
                    + " (Debian's packages chromium and chromium-driver)";
            // Maven keeps the reason of an assumption to its report files.
            System.err.println(reason);
            assumeTrue(false, reason);
        }
        VERSIONS.setLevel(Level.SEVERE);
        LoggingPreferences logs = new LoggingPreferences();
        logs.enable(LogType.BROWSER, Level.ALL);
        logs.enable(LogType.PERFORMANCE, Level.ALL);
        ChromeOptions options = new ChromeOptions();
        options.setBinary(CHROMIUM.toFile());
        options.setCapability(ChromeOptions.LOGGING_PREFS, logs);
        options.addArguments("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
                "--disable-background-networking", "--disable-component-update", "--disable-sync", "--user-data-dir=" + profile);
        // With its path given, Selenium does not look for a driver on the network.
        ChromeDriverService service = new ChromeDriverService.Builder().usingDriverExecutable(DRIVER.toFile()).build();
        return new Browser(new ChromeDriver(service, options));
    }

    void open(String address) {
        driver.get(address);
    }

    /** Sets the size of the page, in CSS pixels, and the colour scheme that the user prefers. */
    void view(int width, int height, String scheme) {
        driver.executeCdpCommand("Emulation.setDeviceMetricsOverride",
                Map.of("width", width, "height", height, "deviceScaleFactor", 1, "mobile", false));
        driver.executeCdpCommand("Emulation.setEmulatedMedia",
                Map.of("features", List.of(Map.of("name", "prefers-color-scheme", "value", scheme))));
    }

    WebElement find(String css) {
        return driver.findElement(By.cssSelector(css));
    }

    List<WebElement> all(String css) {
        return driver.findElements(By.cssSelector(css));
    }

    /** The element that keys go to. */
    WebElement focused() {
        return driver.switchTo().activeElement();
    }

    /** Runs the body of a function in the page. */
    Object run(String script, Object... arguments) {
        return driver.executeScript(script, arguments);
    }

    /** Runs the body of an asynchronous function in the page, and gives what it returns or the text of what it throws. */
    Object runAsync(String script, Object... arguments) {
        return driver.executeAsyncScript("const done = arguments[arguments.length - 1];"
                + "(async (...given) => {" + script + "})(...arguments).then(done, error => done(String(error)));", arguments);
    }

    /** Waits until the page shows something, and fails with what it should have been when it does not. */
    void await(String what, Supplier<Boolean> shown) {
        new FluentWait<>(driver).withTimeout(PATIENCE).pollingEvery(Duration.ofMillis(50)).withMessage(what)
                // The page may replace an element between its being found and its being read.
                .ignoring(StaleElementReferenceException.class)
                .until(_ -> shown.get());
    }

    /** What the console got since the last call: errors, warnings, violations of the page's policy. */
    List<String> console() {
        return driver.manage().logs().get(LogType.BROWSER).getAll().stream().map(LogEntry::getMessage).toList();
    }

    /** The addresses that were asked for since the last call. */
    List<String> requested() {
        return driver.manage().logs().get(LogType.PERFORMANCE).getAll().stream()
                .map(entry -> event(entry.getMessage()))
                .filter(event -> event.path("method").asText().equals("Network.requestWillBeSent"))
                .map(event -> event.path("params").path("request").path("url").asText())
                .toList();
    }

    private static JsonNode event(String json) {
        try {
            return JSON.readTree(json).path("message");
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("Chromium's log holds something else than JSON: " + json, e);
        }
    }

    /** Keeps a picture of the whole page, for people. */
    void picture(Path file) throws IOException {
        Map<String, Object> picture =
                driver.executeCdpCommand("Page.captureScreenshot", Map.of("format", "png", "captureBeyondViewport", true));
        Files.createDirectories(file.getParent());
        Files.write(file, Base64.getDecoder().decode((String) picture.get("data")));
    }

    @Override
    public void close() {
        driver.quit();
    }
}
