/** The Open Inference Protocol v2 over gRPC ({@link dev.filigree.server.grpc.GrpcServer}), on a port of its own. */
package dev.filigree.server.grpc;
