package example;

import dev.filigree.runtime.CallTimings;
import dev.filigree.runtime.Classification;
import dev.filigree.runtime.Classifier;
import dev.filigree.runtime.ClassifierListener;
import dev.filigree.runtime.TextInput;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** A classifier as a busy service wants it: on threads of the service's own, asynchronous, and telling what each call took. */
public final class Service {
    /** Logs what each call took. */
    private static final class Log implements ClassifierListener {
        @Override
        public void completed(CallTimings call) {
            System.out.printf("%d texts, %d tokens, %d us%n", call.texts(), call.tokens(), call.totalNanos() / 1000);
        }

        @Override
        public void failed(int texts, RuntimeException why) {
            System.out.println(texts + " texts failed: " + why.getMessage());
        }
    }

    public static void main(String[] args) throws Exception {
        try (ExecutorService threads = Executors.newFixedThreadPool(4);
                Classifier classifier = Classifier.builder()
                        .threads(2)
                        .executor(threads)
                        .listener(new Log())
                        .open(Path.of(args[0]))) {
            CompletableFuture<List<Classification>> answers =
                    classifier.classifyAsync(List.of(TextInput.of("I could not put it down."), TextInput.of("Never again.")));
            answers.thenAccept(all -> all.forEach(one -> System.out.println(one.label() + " " + one.score()))).join();
        }
    }
}
