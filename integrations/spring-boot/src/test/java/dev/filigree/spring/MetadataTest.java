package dev.filigree.spring;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.filigree.runtime.kernel.Providers;
import java.io.IOException;
import java.io.InputStream;
import org.junit.jupiter.api.Test;

/** What an editor knows of the settings. */
class MetadataTest {
    private static JsonNode metadata(String part) throws IOException {
        try (InputStream json = FiligreeProperties.class.getResourceAsStream("/META-INF/spring-configuration-metadata.json")) {
            return new ObjectMapper().readTree(json).get(part);
        }
    }

    @Test
    void everySettingIsDescribed() throws IOException {
        assertThat(metadata("properties")).allMatch(setting -> setting.path("description").asText().endsWith("."))
                .extracting(setting -> setting.get("name").asText()).containsExactlyInAnyOrder(
                        "filigree.model", "filigree.provider", "filigree.threads", "filigree.verify", "filigree.executor",
                        "filigree.models");
    }

    @Test
    void theProvidersAreSuggested() throws IOException {
        assertThat(metadata("hints")).filteredOn(hint -> hint.get("name").asText().equals("filigree.provider")).singleElement()
                .satisfies(hint -> assertThat(hint.get("values")).extracting(value -> value.get("value").asText())
                        .isEqualTo(Providers.names()));
    }
}
