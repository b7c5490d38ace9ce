package dev.filigree.tests.page;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.filigree.format.Task;
import dev.filigree.server.ClassificationServer;
import dev.filigree.server.ServerSettings;
import dev.filigree.server.config.Limits;
import dev.filigree.server.http.Guard;
import dev.filigree.server.model.ModelRegistry;
import dev.filigree.server.model.ModelSettings;
import dev.filigree.tests.SmallModels;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.openqa.selenium.By;
import org.openqa.selenium.Keys;
import org.openqa.selenium.WebElement;

/** The server's web page in a browser, on a server with four small models; pictures of it are left in {@code target/page}. */
class PageTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Path PICTURES = Path.of("target", "page");
    /** What Chromium logs of an answer that the page shows as the server's sentence. */
    private static final String REFUSED = "Failed to load resource: the server responded with a status of 4";
    /** More tabs than there is to step on. */
    private static final int MOST_TABS = 60;

    @TempDir
    private static Path folder;

    private static Browser browser;
    private static ClassificationServer server;
    private static HttpClient client;

    /** Where the page of a test may come from. */
    private final Set<String> origins = new HashSet<>(Set.of(origin(server)));

    @BeforeAll
    static void open() throws IOException {
        browser = Browser.start(folder.resolve("profile"));
        Map<String, Path> files = new LinkedHashMap<>();
        files.put("sst2", SmallModels.writePruned(folder.resolve("sst2.filigree")));
        files.put("sst2-dense", SmallModels.write(folder.resolve("sst2-dense.filigree")));
        files.put("mnli", SmallModels.write(folder.resolve("mnli.filigree"),
                new Task("mnli", List.of("entailment", "neutral", "contradiction"), false, true)));
        files.put("stsb", SmallModels.write(folder.resolve("stsb.filigree"), new Task("stsb", List.of("similarity"), true, true)));
        server = new ClassificationServer(ModelRegistry.open(ModelSettings.of(files)), settings());
        client = HttpClient.newHttpClient();
    }

    private static ServerSettings settings() {
        return ServerSettings.of(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 1, Limits.DEFAULT);
    }

    @AfterAll
    static void close() {
        if (browser != null) {
            browser.close();
            server.close();
            client.close();
        }
    }

    @BeforeEach
    void openPage() {
        browser.view(1280, 900, "light");
        browser.console();
        browser.requested();
        browser.open(origin(server) + "/");
        browser.await("the models are offered", () -> browser.all("#model-a option").size() == 4);
    }

    /** Whatever a test did: nothing was taken from elsewhere, and nothing went wrong that the test did not ask for. */
    @AfterEach
    void nothingUnexpected() {
        assertThat(browser.console()).allMatch(message -> message.contains(REFUSED));
        assertThat(browser.requested())
                .isNotEmpty()
                .allMatch(address -> origins.stream().anyMatch(origin -> address.startsWith(origin + "/")));
    }

    @Test
    void keyboardAloneIsEnough() throws Exception {
        tabTo("first").sendKeys("text one.");
        browser.focused().sendKeys(Keys.chord(Keys.CONTROL, Keys.ENTER));
        awaitCards(2);
        assertThat(shownScores(0)).isEqualTo(askedScores("sst2", "\"text one.\""));
        assertThat(shownScores(1)).isEqualTo(askedScores("sst2-dense", "\"text one.\""));
        assertThat(browser.find("#verdict").getText()).startsWith("Both say ").doesNotContain("undefined", "NaN");
        assertThat(browser.find(".card .tokens").getText()).isEqualTo("5 tokens of at most 32");
        tabTo("repeat").sendKeys(Keys.ENTER);
        browser.await("30 rounds are timed", () -> browser.all("#rounds tbody tr").size() == 2);
        assertThat(browser.all("#rounds tbody th").stream().map(WebElement::getText)).containsExactly("sst2", "sst2-dense");
    }

    /** Steps to an element as the Tab key does, and sees the focus at each step. */
    private static WebElement tabTo(String id) {
        for (int i = 0; i < MOST_TABS; i++) {
            browser.focused().sendKeys(Keys.TAB);
            WebElement at = browser.focused();
            assertThat(browser.run("const s = getComputedStyle(arguments[0]); return s.outlineStyle + ' ' + s.outlineWidth;", at))
                    .as("outline of " + at.getDomProperty("outerHTML"))
                    .isEqualTo("solid 2px");
            if (id.equals(at.getDomProperty("id"))) {
                return at;
            }
        }
        throw new AssertionError("The Tab key does not lead to #" + id + ".");
    }

    @Test
    void stagesAddUpToTheTotal() {
        ask("text two");
        String told = browser.find("#answers .card .spent svg").getAccessibleName();
        assertThat(told).matches("Of .*: tokenize .*, queue .*, compute .*, rest .*");
        Object share = browser.run("return [...document.querySelectorAll('#answers .card .spent svg')].map(bar => "
                + "[...bar.querySelectorAll('rect')].reduce((sum, rect) => sum + Number(rect.getAttribute('width')), 0));");
        assertThat(((List<?>) share).stream().mapToDouble(width -> ((Number) width).doubleValue()).max().orElseThrow())
                .isCloseTo(100, within(0.01));
    }

    @Test
    void pairs() throws Exception {
        assertThat(browser.find("#second").isDisplayed()).isFalse();
        choose("mnli");
        assertThat(browser.find("#first").getAccessibleName()).isEqualTo("Premise");
        assertThat(browser.find("#second").getAccessibleName()).isEqualTo("Hypothesis");
        browser.find("#first").sendKeys("text one");
        browser.find("#second").sendKeys("text two", Keys.chord(Keys.CONTROL, Keys.ENTER));
        browser.await("an answer with three labels", () -> browser.all("#answers .bars li").size() == 3);
        assertThat(shownScores(0)).isEqualTo(askedScores("mnli", "[\"text one\", \"text two\"]"));
    }

    @Test
    void aRegressionIsAValueOnAScale() throws Exception {
        choose("stsb");
        browser.find("#first").sendKeys("text one");
        browser.find("#second").sendKeys("text two", Keys.chord(Keys.CONTROL, Keys.ENTER));
        awaitCards(1);
        double value = asked("stsb", "[\"text one\", \"text two\"]").path("score").doubleValue();
        assertThat(Double.parseDouble(browser.find("#answers .value").getText())).isCloseTo(value, within(0.01));
        assertThat(browser.find("#answers .scale svg").getAccessibleName()).contains("on a scale from");
    }

    @Test
    void anExampleIsOneClick() {
        browser.find("#examples button").click();
        awaitCards(2);
        assertThat(browser.find("#first").getDomProperty("value")).isEqualTo(browser.find("#examples button").getText());
    }

    @Test
    void answersComeWhileTyping() {
        browser.find("#typing").click();
        browser.find("#first").sendKeys("text");
        awaitCards(2);
        browser.await("the answer to the short text", () -> browser.find(".card .tokens").getText().startsWith("3 tokens"));
        browser.find("#first").sendKeys(" one two");
        browser.await("the answer to the longer text", () -> browser.find(".card .tokens").getText().startsWith("5 tokens"));
    }

    @Test
    void logitsAreShownWhenAskedFor() {
        browser.find("#logits").click();
        ask("text one");
        assertThat(browser.all("#answers .logit")).hasSize(4);
    }

    @Test
    void aLongTextIsCutOrRefusedInOneSentence() throws Exception {
        String text = "text ".repeat(100).strip();
        ask(text);
        assertThat(browser.find(".card .tokens").getText()).isEqualTo("Cut to the first 32 tokens: this model reads no more.");
        browser.find("#truncate").click();
        browser.find("#submit").click();
        browser.await("a refusal of each model", () -> browser.all("#answers .error").size() == 2);
        HttpResponse<String> refusal = post("{\"model\": \"sst2\", \"inputs\": \"" + text + "\", \"truncate\": false}");
        JsonNode error = JSON.readTree(refusal.body()).path("error");
        assertThat(browser.find("#answers .error").getText())
                .isEqualTo(error.path("message").textValue() + " " + error.path("code").textValue());
        assertThat(browser.find("#verdict").getDomProperty("textContent")).contains(error.path("message").textValue());
    }

    @Test
    void textIsNeverReadAsMarkup() {
        ask("<img src=x onerror=alert(1)>");
        assertThat(browser.all("main img")).isEmpty();
        browser.find("#shell summary").click();
        assertThat(browser.find("#curl").getText()).contains("<img src=x onerror=alert(1)>");
    }

    @Test
    void reloadTellsWhatCameOfIt() throws Exception {
        Path file = folder.resolve("stsb.filigree");
        byte[] good = Files.readAllBytes(file);
        browser.find("#model-b").sendKeys("none");
        Files.writeString(file, "no model");
        browser.find("[data-model=stsb] button").click();
        browser.await("the refusal", () -> browser.all("[data-model=stsb] .told.error:not(:empty)").size() == 1);
        assertThat(browser.find("[data-model=stsb] .told.error:not(:empty)").getText()).endsWith(".");
        assertThat(asked("stsb", "[\"text\", \"one\"]").path("tokens").intValue()).isPositive();
        Files.write(file, good);
        browser.find("[data-model=stsb] button").click();
        browser.await("the new file serves", () -> browser.find("[data-model=stsb] [role=status]").getText().startsWith("Reloaded"));
        assertThat(browser.all("[data-model=stsb] .error:not(:empty)")).isEmpty();
        browser.find("#first").sendKeys("text", Keys.chord(Keys.CONTROL, Keys.ENTER));
        awaitCards(1);
    }

    @Test
    void chartsMoveWithTraffic() throws Exception {
        WebElement answered = browser.all(".chart:nth-child(2) .legend b").getFirst();
        browser.await("two scrapes", () -> answered.getText().endsWith("/s"));
        for (int i = 0; i < 50; i++) {
            asked("sst2", "\"text two\"");
        }
        assertThat(post(" ".repeat(Limits.DEFAULT.bodyBytes() + 1)).statusCode()).isEqualTo(413);
        browser.await("a rate of answers", () -> !answered.getText().equals("0/s"));
        browser.await("the rejection by its cause", () -> browser.find("#rejects").getText().contains("too large"));
        browser.await("a line of latency", () -> browser.all(".chart:first-child polyline.s0").size() == 1);
        assertThat(browser.find(".chart:first-child .legend b").getText()).matches("[0-9.]+ (µs|ms)");
        assertThat(browser.find(".chart:nth-child(3) .legend b").getText()).isEqualTo("4");
        assertThat(browser.find("#live-model").getText()).contains("all models", "sst2").doesNotContain("none");
        WebElement latency = browser.find(".chart:first-child svg");
        latency.sendKeys(Keys.ARROW_LEFT, Keys.ARROW_LEFT);
        assertThat(latency.getAccessibleName()).matches("Latency, [0-9]+ s ago: median .*");
        latency.sendKeys(Keys.ESCAPE);
        assertThat(latency.getAccessibleName()).startsWith("Latency: median ");
    }

    @Test
    void aTokenIsAskedForAndKeptInTheTab() throws Exception {
        ModelRegistry models = ModelRegistry.open(ModelSettings.of(Map.of("sst2", folder.resolve("sst2.filigree"))));
        try (ClassificationServer guarded = new ClassificationServer(models, settings().with(new Guard(Optional.of("open-sesame"))))) {
            origins.add(origin(guarded));
            browser.open(origin(guarded) + "/");
            browser.await("the field for the token", () -> browser.find("#token").isDisplayed());
            assertThat(browser.focused()).isEqualTo(browser.find("#token"));
            assertThat(browser.find("#token-message").getText()).endsWith(".");
            browser.find("#token").sendKeys("wrong", Keys.ENTER);
            browser.await("the field emptied", () -> browser.find("#token").getDomProperty("value").isEmpty());
            assertThat(browser.find("#token").isDisplayed()).isTrue();
            browser.find("#token").sendKeys("open-sesame", Keys.ENTER);
            browser.await("the models", () -> browser.all("#model-list li").size() == 1);
            assertThat(browser.find("#token").isDisplayed()).isFalse();
            browser.open(origin(guarded) + "/");
            browser.await("the models without asking again", () -> browser.all("#model-list li").size() == 1);
            assertThat(browser.run("return [localStorage.length, document.cookie, document.body.textContent.includes('sesame')];"))
                    .isEqualTo(List.of(0L, "", false));
            browser.find("#forget").click();
            browser.await("the field again", () -> browser.find("#token").isDisplayed());
        }
    }

    @Test
    void everyControlHasAName() {
        ask("text one");
        for (WebElement control : browser.all("input, select, textarea, button, [role=img], a")) {
            if (control.isDisplayed()) {
                assertThat(control.getAccessibleName()).as(control.getDomProperty("outerHTML")).isNotBlank();
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"360, light", "360, dark", "768, light", "768, dark", "1280, light", "1280, dark"})
    void fitsTheScreenAndCanBeRead(int width, String scheme) throws Exception {
        browser.view(width, 900, scheme);
        ask("text one two one two text.");
        assertThat(browser.run("const root = document.documentElement; return [innerWidth, root.scrollWidth - root.clientWidth];"))
                .isEqualTo(List.of((long) width, 0L));
        assertThat((List<?>) browser.run(script("contrast.js"))).isEmpty();
        Object paper = browser.run("return getComputedStyle(document.body).backgroundColor;");
        assertThat(paper).isEqualTo(scheme.equals("dark") ? "rgb(21, 23, 26)" : "rgb(251, 250, 248)");
        browser.picture(PICTURES.resolve(width + "-" + scheme + ".png"));
    }

    private static String script(String name) throws IOException {
        try (InputStream file = PageTest.class.getResourceAsStream(name)) {
            return new String(file.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private static void ask(String text) {
        browser.find("#first").clear();
        browser.find("#first").sendKeys(text);
        browser.find("#submit").click();
        awaitCards(2);
    }

    private static void awaitCards(int count) {
        browser.await(count + " answers", () -> browser.all("#answers .card").size() == count);
    }

    private static void choose(String model) {
        browser.find("#model-a").sendKeys(model);
        browser.await("the choice", () -> model.equals(browser.find("#model-a").getDomProperty("value")));
    }

    /** Label and probability as a card shows them, in its order. */
    private static Map<String, Double> shownScores(int card) {
        WebElement shown = browser.all("#answers .card").get(card);
        Map<String, Double> scores = new LinkedHashMap<>();
        for (WebElement bar : shown.findElements(By.cssSelector(".bars li"))) {
            String label = bar.findElement(By.className("label")).getText();
            scores.put(label, Double.valueOf(bar.findElement(By.className("share")).getDomAttribute("title")));
        }
        return scores;
    }

    private static Map<String, Double> askedScores(String model, String input) throws Exception {
        Map<String, Double> scores = new LinkedHashMap<>();
        asked(model, input).path("scores").properties().forEach(score -> scores.put(score.getKey(), score.getValue().doubleValue()));
        return scores;
    }

    private static JsonNode asked(String model, String input) throws Exception {
        HttpResponse<String> response = post("{\"model\": \"" + model + "\", \"inputs\": [" + input + "]}");
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        return JSON.readTree(response.body()).path("results").path(0);
    }

    private static HttpResponse<String> post(String body) throws Exception {
        return client.send(HttpRequest.newBuilder(URI.create(origin(server) + "/v1/classify"))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build(), HttpResponse.BodyHandlers.ofString());
    }

    private static String origin(ClassificationServer of) {
        return "http://127.0.0.1:" + of.address().getPort();
    }
}
