/**
 * Classifiers as beans of a Spring Boot application: {@code filigree.model=classpath:sst2.filigree} makes one, to be injected as
 * {@link dev.filigree.runtime.Classifier}. {@link dev.filigree.spring.FiligreeProperties} has the other settings.
 */
package dev.filigree.spring;
