package dev.filigree.spring;

import static org.assertj.core.api.Assertions.assertThat;

import dev.filigree.runtime.Classifier;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.aot.hint.predicate.RuntimeHintsPredicates;
import org.springframework.aot.test.generate.TestGenerationContext;
import org.springframework.boot.test.util.TestPropertyValues;
import org.springframework.context.ApplicationContextInitializer;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.context.aot.ApplicationContextAotGenerator;
import org.springframework.context.support.GenericApplicationContext;
import org.springframework.core.test.tools.CompileWithForkedClassLoader;
import org.springframework.core.test.tools.TestCompiler;
import org.springframework.javapoet.ClassName;

/** Spring's build-time processing, which native images need. */
class AheadOfTimeTest {
    @TempDir
    private Path folder;

    private final TestGenerationContext generated = new TestGenerationContext();

    private ClassName process(Map<String, String> properties) {
        try (AnnotationConfigApplicationContext context = new AnnotationConfigApplicationContext()) {
            TestPropertyValues.of(properties).applyTo(context);
            context.register(FiligreeAutoConfiguration.class);
            ClassName initializer = new ApplicationContextAotGenerator().processAheadOfTime(context, generated);
            generated.writeGeneratedContent();
            return initializer;
        }
    }

    @Test
    void modelsOnTheClassPathGoIntoTheImage() {
        process(Map.of("filigree.model", "classpath:models/one.filigree", "filigree.models.two.location", "classpath:/two.filigree"));

        assertThat(RuntimeHintsPredicates.resource().forResource("models/one.filigree")).accepts(generated.getRuntimeHints());
        assertThat(RuntimeHintsPredicates.resource().forResource("two.filigree")).accepts(generated.getRuntimeHints());
    }

    @Test
    @CompileWithForkedClassLoader
    void theGeneratedContextOpensTheModels() throws IOException {
        Path one = TestModel.write(folder.resolve("one.filigree"), 1);
        Path two = TestModel.write(folder.resolve("two.filigree"), 2);
        Map<String, String> properties = Map.of("filigree.model", one.toString(), "filigree.models.two.location", two.toString());
        ClassName initializer = process(properties);

        TestCompiler.forSystem().with(generated).compile(compiled -> {
            try (GenericApplicationContext context = new GenericApplicationContext()) {
                TestPropertyValues.of(properties).applyTo(context);
                @SuppressWarnings("unchecked")
                ApplicationContextInitializer<GenericApplicationContext> start =
                        compiled.getInstance(ApplicationContextInitializer.class, initializer.toString());
                start.initialize(context);
                context.refresh();
                assertThat(context.getBean(Classifier.class).classify(TestModel.TEXT).logits()).isEqualTo(TestModel.logits(one));
                assertThat(context.getBean("two", Classifier.class).classify(TestModel.TEXT).logits()).isEqualTo(TestModel.logits(two));
            }
        });
    }
}
