package dev.filigree.runtime.kernel.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class BucketTest {
    @Test
    void coversItsBatchesWithoutAWiderBuffer() {
        for (int tokens = 1; tokens <= 3000; tokens++) {
            for (int sequences : new int[] {1, 2, 5, 7, 33, 100}) {
                int longest = Math.max(1, Math.ceilDiv(tokens, sequences));
                if (sequences > tokens) {
                    continue;
                }
                Bucket bucket = Bucket.of(tokens, sequences, longest);
                assertThat(bucket.tokens()).isBetween(tokens, tokens + 127);
                assertThat(bucket.sequences()).isBetween(sequences, 2 * sequences);
                assertThat(bucket.longest()).isBetween(longest, bucket.tokens());
                assertThat(bucket.stride()).isEqualTo(LaunchPlan.paddedTokens(tokens));
            }
        }
    }

    @Test
    void fewBucketsServeEverySingleSequence() {
        Set<Bucket> buckets = new HashSet<>();
        for (int tokens = 1; tokens <= 512; tokens++) {
            buckets.add(Bucket.of(tokens, 1, tokens));
        }
        assertThat(buckets).hasSizeLessThanOrEqualTo(20);
    }
}
