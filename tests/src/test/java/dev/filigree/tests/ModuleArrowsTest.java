package dev.filigree.tests;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.core.importer.Location;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** The arrows of the architecture: which module may know of which, and of which library. */
@AnalyzeClasses(packages = "dev.filigree", importOptions = {ImportOption.DoNotIncludeTests.class, ModuleArrowsTest.NoTestJars.class})
class ModuleArrowsTest {
    /** Leaves out the tests of other modules that this one uses. */
    static final class NoTestJars implements ImportOption {
        @Override
        public boolean includes(Location location) {
            return !location.contains("-tests.jar");
        }
    }

    @ArchTest
    static final ArchRule FORMAT_KNOWS_ONLY_PROTOBUF =
            noClasses().that().resideInAPackage("dev.filigree.format..")
                    .should().dependOnClassesThat().resideOutsideOfPackages("dev.filigree.format..", "com.google.protobuf..", "java..");

    @ArchTest
    static final ArchRule RUNTIME_KNOWS_ONLY_FORMAT =
            noClasses().that().resideInAPackage("dev.filigree.runtime..")
                    .should().dependOnClassesThat().resideOutsideOfPackages(
                            "dev.filigree.runtime..", "dev.filigree.format", "org.slf4j..", "jdk.incubator.vector..", "java..");

    @ArchTest
    static final ArchRule GENERATED_CLASSES_STAY_IN_FORMAT =
            noClasses().that().resideOutsideOfPackages("dev.filigree.format..")
                    .should().dependOnClassesThat().resideInAPackage("dev.filigree.format.proto..");

    @ArchTest
    static final ArchRule MESSAGES_OF_GRPC_STAY_IN_ITS_PACKAGE =
            noClasses().that().resideOutsideOfPackage("dev.filigree.server.grpc..")
                    .should().dependOnClassesThat().resideInAnyPackage("dev.filigree.server.grpc.proto..", "io.grpc..");

    @ArchTest
    static final ArchRule MESSAGES_OF_CLASSIFY_STAY_IN_THE_API =
            noClasses().that().resideOutsideOfPackage("dev.filigree.server.api..")
                    .should().dependOnClassesThat().resideInAPackage("dev.filigree.server.api.proto..");

    @ArchTest
    static final ArchRule SERVER_KNOWS_NO_TRAINING =
            noClasses().that().resideInAPackage("dev.filigree.server..")
                    .should().dependOnClassesThat().resideInAnyPackage(
                            "dev.filigree.pruner..", "dev.filigree.tests..", "ai.djl..", "ai.onnxruntime..");

    @ArchTest
    static final ArchRule PRUNER_KNOWS_NO_SERVER =
            noClasses().that().resideInAPackage("dev.filigree.pruner..")
                    .should().dependOnClassesThat().resideInAnyPackage("dev.filigree.server..", "dev.filigree.tests..", "io.netty..");

    @ArchTest
    static final ArchRule METHODS_ARE_FREE_OF_THE_TRAINER =
            noClasses().that().resideInAnyPackage(
                            "dev.filigree.pruner.pattern..", "dev.filigree.pruner.secondorder..", "dev.filigree.pruner.method..")
                    .should().dependOnClassesThat().resideInAPackage("ai.djl..");
}
