package dev.filigree.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.filigree.runtime.TextInput;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.junit.jupiter.api.Test;

class ModelCacheTest {
    private final FakeWork work = new FakeWork();

    @Test
    void tasksThatComeTogetherLoadOneModel() throws Exception {
        ModelCache cache = new ModelCache(1);
        CountDownLatch all = new CountDownLatch(8);
        try (ExecutorService threads = Executors.newFixedThreadPool(8)) {
            List<Future<OpenModel<String>>> seen = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                seen.add(threads.submit(() -> cache.with(file("a"), work, model -> {
                    all.countDown();
                    await(all);
                    return model;
                })));
            }
            for (Future<OpenModel<String>> model : seen) {
                assertThat(model.get()).isSameAs(seen.getFirst().get());
            }
        }
        assertThat(cache.loads()).isEqualTo(1);
        assertThat(work.closed).isEmpty();
    }

    @Test
    void unusedModelsBeyondTheLimitAreClosedOldestFirst() {
        ModelCache cache = new ModelCache(2);
        for (String name : List.of("a", "b", "a", "c", "d")) {
            cache.with(file(name), work, model -> model);
        }

        assertThat(work.closed).containsExactly("b", "a");
        assertThat(cache.size()).isEqualTo(2);
        assertThat(cache.loads()).isEqualTo(4);
    }

    @Test
    void aModelInUseIsNotClosedHoweverManyOthersCome() {
        ModelCache cache = new ModelCache(0);

        cache.with(file("a"), work, a -> {
            cache.with(file("b"), work, b -> {
                cache.with(file("c"), work, c -> c);
                assertThat(work.closed).containsExactly("c");
                return b;
            });
            assertThat(work.closed).containsExactly("c", "b");
            return a;
        });

        assertThat(work.closed).containsExactly("c", "b", "a");
    }

    @Test
    void whatCouldNotBeLoadedIsTriedAgain() {
        ModelCache cache = new ModelCache(1);
        work.failures.set(1);

        assertThatThrownBy(() -> cache.with(file("a"), work, model -> model)).isInstanceOf(UncheckedIOException.class)
                .hasMessage("Could not load a model of 1 bytes in memory from what Spark brought here: no room");
        assertThat(cache.size()).isZero();
        cache.with(file("a"), work, model -> model);

        assertThat(cache.loads()).isEqualTo(1);
    }

    private static DistributedModel file(String name) {
        ModelSource source = new ModelSource.Bytes(name.getBytes(StandardCharsets.UTF_8));
        return DistributedModel.of(source, LocalSpark.session().sparkContext());
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Opens models that do nothing. */
    private static final class FakeWork implements Work<String> {
        private static final long serialVersionUID = 1L;

        private final List<String> closed = new ArrayList<>();
        private final AtomicInteger failures = new AtomicInteger();

        @Override
        public DataType type() {
            return DataTypes.StringType;
        }

        @Override
        public OpenModel<String> open(InputStream file) throws IOException {
            String name = new String(file.readAllBytes(), StandardCharsets.UTF_8);
            if (failures.getAndDecrement() > 0) {
                throw new IOException("no room");
            }
            return new OpenModel<>() {
                @Override
                public List<String> answer(List<TextInput> inputs) {
                    return List.of();
                }

                @Override
                public void close() {
                    closed.add(name);
                }
            };
        }

        @Override
        public Object internal(String answer) {
            return answer;
        }

        @Override
        public Object external(String answer) {
            return answer;
        }
    }
}
