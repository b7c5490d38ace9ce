import ai.djl.engine.EngineProvider;
import ai.djl.repository.RepositoryFactory;
import dev.filigree.djl.FiligreeEngineProvider;
import dev.filigree.djl.FiligreeRepositoryFactory;

/** The engine {@code Filigree} of the Deep Java Library. */
module dev.filigree.djl {
    requires transitive ai.djl.api;
    requires transitive dev.filigree.runtime;
    requires com.google.gson;
    requires org.slf4j;

    exports dev.filigree.djl;

    // The same as META-INF/services says on the class path.
    provides EngineProvider with FiligreeEngineProvider;
    provides RepositoryFactory with FiligreeRepositoryFactory;
}
