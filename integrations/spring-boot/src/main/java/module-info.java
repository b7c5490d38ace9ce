/** Classifiers as beans of a Spring Boot application; open, because Spring makes them and binds their settings by reflection. */
open module dev.filigree.spring {
    requires transitive dev.filigree.runtime;
    requires org.jspecify;
    requires org.slf4j;
    requires spring.beans;
    requires spring.boot;
    requires spring.boot.autoconfigure;
    requires spring.context;
    requires spring.core;
    // Each is looked for before anything that needs it is loaded.
    requires static dev.filigree.micrometer;
    requires static micrometer.core;
    requires static spring.boot.health;

    exports dev.filigree.spring;
}
