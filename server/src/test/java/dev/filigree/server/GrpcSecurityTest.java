package dev.filigree.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.filigree.server.grpc.proto.ModelMetadataRequest;
import dev.filigree.server.grpc.proto.ServerLiveRequest;
import dev.filigree.server.grpc.proto.ServerReadyRequest;
import dev.filigree.server.http.Guard;
import dev.filigree.server.http.Tls;
import io.grpc.ClientInterceptor;
import io.grpc.Metadata;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.MetadataUtils;
import io.netty.handler.ssl.SslContext;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Who may call, and how nobody else listens. */
@ExtendWith(LeakCheck.class)
@Timeout(60)
class GrpcSecurityTest {
    @TempDir
    private Path folder;

    @Test
    void withoutTheTokenThereIsOnlyHealth() throws Exception {
        try (Served served = new Served(settings -> settings.with(new Guard(Optional.of("secret")))); GrpcClient client = served.grpc()) {
            assertThat(client.blocking().serverLive(ServerLiveRequest.getDefaultInstance()).getLive()).isTrue();
            assertThat(client.blocking().serverReady(ServerReadyRequest.getDefaultInstance()).getReady()).isTrue();
            assertThat(HealthGrpc.newBlockingStub(client.channel).check(HealthCheckRequest.getDefaultInstance()).getStatus())
                    .isEqualTo(ServingStatus.SERVING);
            assertThatThrownBy(() -> client.blocking().modelInfer(GrpcClient.request("a"))).hasMessage(
                    "UNAUTHENTICATED: This server wants the metadata 'authorization: Bearer TOKEN'.");
            assertThatThrownBy(() -> client.blocking().withInterceptors(bearing("Bearer wrong")).modelInfer(GrpcClient.request("a")))
                    .hasMessageStartingWith("UNAUTHENTICATED");
            assertThatThrownBy(() -> client.blocking().modelMetadata(ModelMetadataRequest.newBuilder().setName("echo").build()))
                    .hasMessageStartingWith("UNAUTHENTICATED");
            assertThat(served.model().calls).hasValue(0);
            assertThat(GrpcClient.labels(client.blocking().withInterceptors(bearing("Bearer secret")).modelInfer(GrpcClient.request("a"))))
                    .containsExactly("a");
        }
    }

    private static ClientInterceptor bearing(String authorization) {
        Metadata metadata = new Metadata();
        metadata.put(Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER), authorization);
        return MetadataUtils.newAttachHeadersInterceptor(metadata);
    }

    @Test
    void newConnectionsGetTheNewCertificate() throws Exception {
        X509Bundle first = certificate("first");
        Tls tls = new Tls(folder.resolve("cert.pem"), folder.resolve("key.pem"));
        try (Served served = new Served(settings -> settings.with(tls)); GrpcClient before = client(served, first)) {
            assertThat(GrpcClient.labels(before.blocking().modelInfer(GrpcClient.request("a")))).isEqualTo(List.of("a"));
            X509Bundle second = certificate("second");
            tls.refresh();
            try (GrpcClient stranger = client(served, first); GrpcClient after = client(served, second)) {
                assertThat(GrpcClient.labels(after.blocking().modelInfer(GrpcClient.request("b")))).isEqualTo(List.of("b"));
                assertThatThrownBy(() -> stranger.blocking().modelInfer(GrpcClient.request("c"))).hasMessageStartingWith("UNAVAILABLE");
                assertThat(GrpcClient.labels(before.blocking().modelInfer(GrpcClient.request("d")))).isEqualTo(List.of("d"));
            }
            try (GrpcClient plain = served.grpc()) {
                assertThatThrownBy(() -> plain.blocking().modelInfer(GrpcClient.request("e"))).hasMessageStartingWith("UNAVAILABLE");
            }
        }
    }

    private X509Bundle certificate(String name) throws Exception {
        X509Bundle bundle = new CertificateBuilder()
                .subject("CN=" + name)
                .addSanDnsName("localhost")
                .setIsCertificateAuthority(true)
                .buildSelfSigned();
        Files.writeString(folder.resolve("cert.pem"), bundle.getCertificatePathPEM());
        Files.writeString(folder.resolve("key.pem"), bundle.getPrivateKeyPEM());
        return bundle;
    }

    private static GrpcClient client(Served served, X509Bundle trusted) throws Exception {
        SslContext context = GrpcSslContexts.forClient().trustManager(trusted.toTrustManagerFactory()).build();
        return new GrpcClient(NettyChannelBuilder.forAddress(served.server.grpcAddress().orElseThrow())
                .sslContext(context)
                .overrideAuthority("localhost"));
    }
}
