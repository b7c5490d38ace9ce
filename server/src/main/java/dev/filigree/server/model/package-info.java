/**
 * The models a server answers with ({@link dev.filigree.server.model.ModelRegistry}): loaded, checked and warmed up before they serve,
 * replaced without a failed request, and closed when the last request that uses them has ended.
 */
package dev.filigree.server.model;
