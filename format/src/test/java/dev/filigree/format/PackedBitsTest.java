package dev.filigree.format;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PackedBitsTest {
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 5, 7, 8, 13, 16, 17, 24, 29, 30, 31})
    void numbersComeBackAndTheFirstLargeOneIsFound(int width) {
        Random random = new Random(width);
        int bound = Math.max(1, (1 << width) - 1 - random.nextInt(1 << (width - 1)));
        for (int count : new int[] {1, 2, 7, 8, 9, 63, 64, 65, 1000}) {
            int[] numbers = random.ints(count, 0, bound).toArray();
            byte[] bytes = pack(numbers, width);
            MemorySegment segment = MemorySegment.ofArray(bytes);
            for (int i = 0; i < count; i++) {
                assertThat(PackedBits.get(segment, i, width)).isEqualTo(numbers[i]);
            }
            assertThat(PackedBits.first(count, segment, width)).isEqualTo(numbers);
            assertThat(PackedBits.firstNotBelow(bound, segment, count, width)).isEqualTo(-1);
            for (int large : new int[] {count - 1, count / 2, 0}) {
                numbers[large] = bound;
                assertThat(PackedBits.firstNotBelow(bound, MemorySegment.ofArray(pack(numbers, width)), count, width)).isEqualTo(large);
            }
        }
    }

    private static byte[] pack(int[] numbers, int width) {
        byte[] bytes = new byte[Math.toIntExact(PackedBits.bytes(numbers.length, width))];
        for (int i = 0; i < numbers.length; i++) {
            PackedBits.put(bytes, i, width, numbers[i]);
        }
        return bytes;
    }
}
