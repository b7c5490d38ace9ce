/**
 * Classifies and embeds text with packed files: {@link dev.filigree.runtime.Classifier} and {@link dev.filigree.runtime.Encoder}.
 *
 * <p>The Vector API is used where the application adds it, with {@code --add-modules jdk.incubator.vector}, and native kernels where
 * {@code filigree-natives} is on the module path and the JVM was started with {@code --enable-native-access=dev.filigree.runtime}.
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
