package dev.filigree.server.http;

import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.codec.http2.Http2SecurityUtil;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ApplicationProtocolConfig.Protocol;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectedListenerFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectorFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.ApplicationProtocolNegotiator;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslProvider;
import io.netty.handler.ssl.SupportedCipherSuiteFilter;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSessionContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * TLS 1.2 and 1.3 with a certificate chain and a key from two PEM files, and HTTP/2 or HTTP/1.1 by ALPN. When the files change, new
 * connections get the new ones. Thread-safe.
 */
public final class Tls {
    private static final Logger LOG = LoggerFactory.getLogger(Tls.class);

    private final Path certificates;
    private final Path key;
    private volatile Loaded loaded;

    private record Loaded(byte[] certificates, byte[] key, SslContext context) {}

    /**
     * Reads the files.
     *
     * @param certificates the server's certificate and those that lead to the root, PEM
     * @param key the certificate's private key, PEM (PKCS#8), not encrypted
     * @throws IOException when they cannot be read or do not belong together
     */
    public Tls(Path certificates, Path key) throws IOException {
        this.certificates = certificates;
        this.key = key;
        this.loaded = load();
    }

    private Loaded load() throws IOException {
        byte[] chain = read(certificates);
        byte[] secret = read(key);
        try {
            KeyMatch.require(chain, secret);
            SslContext context = SslContextBuilder.forServer(new ByteArrayInputStream(chain), new ByteArrayInputStream(secret))
                    .sslProvider(SslProvider.JDK)
                    .protocols("TLSv1.3", "TLSv1.2")
                    .ciphers(Http2SecurityUtil.CIPHERS, SupportedCipherSuiteFilter.INSTANCE)
                    .applicationProtocolConfig(new ApplicationProtocolConfig(
                            Protocol.ALPN,
                            SelectorFailureBehavior.NO_ADVERTISE,
                            SelectedListenerFailureBehavior.ACCEPT,
                            ApplicationProtocolNames.HTTP_2,
                            ApplicationProtocolNames.HTTP_1_1))
                    .build();
            return new Loaded(chain, secret, context);
        } catch (SSLException | GeneralSecurityException | IllegalArgumentException e) {
            throw new IOException(
                    "The certificates of " + certificates + " and the key of " + key + " cannot be used: " + e.getMessage() + ".", e);
        }
    }

    private static byte[] read(Path file) throws IOException {
        if (!Files.isReadable(file)) {
            throw new IOException("The server's certificate cannot be read: there is no readable file " + file + ".");
        }
        return Files.readAllBytes(file);
    }

    /** Looks whether the files have changed. Such that cannot be used are logged, and the old ones stay. */
    public void refresh() {
        try {
            if (!Arrays.equals(read(certificates), loaded.certificates) || !Arrays.equals(read(key), loaded.key)) {
                loaded = load();
                LOG.info("New connections get the new certificate of {}.", certificates);
            }
        } catch (IOException e) {
            LOG.warn("The certificate that was there stays: {}", e.getMessage());
        }
    }

    /**
     * Looks at the files again and again.
     *
     * @param clock says when; it is not kept waiting
     * @param reader reads the files; where it has too much to do they are looked at the next time
     */
    public void watch(ScheduledExecutorService clock, Executor reader, Duration every) {
        clock.scheduleWithFixedDelay(() -> {
            try {
                reader.execute(this::refresh);
            } catch (RejectedExecutionException e) {
                // Thrown, it would have been the last look.
                LOG.debug("There is too much to do to look at {}.", certificates, e);
            }
        }, every.toNanos(), every.toNanos(), TimeUnit.NANOSECONDS);
    }

    /** A context for servers that keep one; its engines use the files as they are at that moment. */
    public SslContext context() {
        return new Current();
    }

    private final class Current extends SslContext {
        @Override
        public boolean isClient() {
            return loaded.context.isClient();
        }

        @Override
        public List<String> cipherSuites() {
            return loaded.context.cipherSuites();
        }

        @Override
        public ApplicationProtocolNegotiator applicationProtocolNegotiator() {
            return loaded.context.applicationProtocolNegotiator();
        }

        @Override
        public SSLEngine newEngine(ByteBufAllocator allocator) {
            return loaded.context.newEngine(allocator);
        }

        @Override
        public SSLEngine newEngine(ByteBufAllocator allocator, String peerHost, int peerPort) {
            return loaded.context.newEngine(allocator, peerHost, peerPort);
        }

        @Override
        public SSLSessionContext sessionContext() {
            return loaded.context.sessionContext();
        }
    }

    SslHandler handler(ByteBufAllocator allocator) {
        return loaded.context.newHandler(allocator);
    }
}
