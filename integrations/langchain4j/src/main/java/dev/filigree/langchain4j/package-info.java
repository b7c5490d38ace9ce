/**
 * Packed models as LangChain4j's models: {@link dev.filigree.langchain4j.FiligreeEmbeddingModel} for retrieval and
 * {@link dev.filigree.langchain4j.FiligreeScoringModel} for re-ranking. Both compute in the process and may be shared by threads.
 */
package dev.filigree.langchain4j;
