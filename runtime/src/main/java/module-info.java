/**
 * Classifies and embeds text with packed files: {@link dev.filigree.runtime.Classifier} and {@link dev.filigree.runtime.Encoder}.
 *
 * <p>Native kernels are used where {@code filigree-natives} is on the module path, and the Vector API where the application adds it, with
 * {@code --add-modules jdk.incubator.vector}. A GPU needs {@code --enable-native-access=dev.filigree.runtime}, which also keeps the JVM
 * from warning of native kernels on a CPU.
 */
@SuppressWarnings("module") // The modules that are given more are compiled later.
module dev.filigree.runtime {
    requires transitive dev.filigree.format;
    requires org.slf4j;
    requires static jdk.incubator.vector;

    exports dev.filigree.runtime;
    exports dev.filigree.runtime.kernel;
    exports dev.filigree.runtime.tokenizer;
    exports dev.filigree.runtime.kernel.reference to dev.filigree.pruner;
}
