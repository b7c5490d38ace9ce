package example;

import dev.filigree.runtime.Classification;
import dev.filigree.runtime.Classifier;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/** {@code GET /classify?text=…} says what the model makes of a text. */
@SpringBootApplication
@RestController
public class ClassifyApplication {
    private final Classifier classifier;

    ClassifyApplication(Classifier classifier) {
        this.classifier = classifier;
    }

    @GetMapping("/classify")
    Classification classify(@RequestParam String text) {
        return classifier.classify(text);
    }

    public static void main(String[] args) {
        SpringApplication.run(ClassifyApplication.class, args);
    }
}
