package dev.filigree.runtime.kernel.nativecode;

import static org.assertj.core.api.Assertions.assertThat;

import dev.filigree.runtime.kernel.vector.Jvm;
import org.junit.jupiter.api.Test;

class NativeLibraryTest {
    @Test
    void aPlatformWithoutALibraryIsNamed() {
        NativeLibrary library = NativeLibrary.load("Plan 9 from Bell Labs", "mips");
        assertThat(library.levels()).isEmpty();
        assertThat(library.refusal()).hasValueSatisfying(why -> assertThat(why)
                .isEqualTo("There are no native kernels for plan-mips here: put filigree-natives beside filigree-runtime, built there with"
                        + " gcc or clang on the PATH."));
    }

    @Test
    void aJvmThatDeniesNativeAccessIsToldHowToAllowIt() throws Exception {
        NativeLevels.assumeAny();
        assertThat(Jvm.run(Asker.class, "--illegal-native-access=deny")).contains("start Java with --enable-native-access=ALL-UNNAMED");
    }

    @Test
    void aFolderThatCannotBeWrittenIsNamed() throws Exception {
        NativeLevels.assumeAny();
        assertThat(Jvm.run(Asker.class, "-Djava.io.tmpdir=/nowhere")).contains("/nowhere").contains("point -Djava.io.tmpdir");
    }

    @Test
    void anInterruptedThreadLoadsItToo() {
        NativeLevels.assumeAny();
        Thread.currentThread().interrupt();
        try {
            assertThat(NativeLibrary.load(System.getProperty("os.name"), System.getProperty("os.arch")).refusal()).isEmpty();
        } finally {
            assertThat(Thread.interrupted()).isTrue();
        }
    }

    /** Prints the refusal. */
    static final class Asker {
        private Asker() {}

        public static void main(String[] args) {
            System.out.println(NativeLibrary.get().refusal());
        }
    }
}
