package dev.filigree.server.http;

import io.netty.handler.ssl.SslContext;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.SignatureException;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Optional;

/**
 * Whether a private key is that of a certificate. The JDK takes any two, and then fails every handshake; so it would be if a look at the
 * files fell between the writing of the one and of the other. A subclass, since only such may use Netty's readers of PEM.
 */
abstract class KeyMatch extends SslContext {
    private static final byte[] SAMPLE = {'f', 'i', 'l', 'i', 'g', 'r', 'e', 'e'};

    private KeyMatch() {}

    /**
     * Signs with the one and verifies with the other.
     *
     * @param chain certificates in PEM, of which the first is meant
     * @param key in PEM
     * @throws GeneralSecurityException when they are none, or do not belong together
     */
    static void require(byte[] chain, byte[] key) throws GeneralSecurityException, IOException {
        PublicKey open = toX509Certificates(new ByteArrayInputStream(chain))[0].getPublicKey();
        PrivateKey secret = toPrivateKey(new ByteArrayInputStream(key), null);
        if (secret == null) {
            throw new SignatureException("there is no key in PKCS#8");
        }
        Optional<String> algorithm = signatures(open);
        if (algorithm.isPresent() && !verifies(algorithm.get(), open, secret)) {
            throw new SignatureException("the key is not the certificate's");
        }
    }

    /** How keys of the usual kinds sign; none for the others, which are taken as they are. */
    private static Optional<String> signatures(PublicKey key) {
        return switch (key.getAlgorithm()) {
            case "RSA" -> Optional.of("SHA256withRSA");
            case "EC" -> Optional.of("SHA256withECDSA");
            case "EdDSA" -> Optional.of("EdDSA");
            default -> Optional.empty();
        };
    }

    private static boolean verifies(String algorithm, PublicKey open, PrivateKey secret) throws GeneralSecurityException {
        PrivateKey own;
        try {
            // Netty may have read it by a provider with names of its own for the kinds of keys.
            own = KeyFactory.getInstance(open.getAlgorithm()).generatePrivate(new PKCS8EncodedKeySpec(secret.getEncoded()));
        } catch (InvalidKeySpecException e) {
            // It is of another kind.
            return false;
        }
        Signature signature = Signature.getInstance(algorithm);
        signature.initSign(own);
        signature.update(SAMPLE);
        byte[] signed = signature.sign();
        signature.initVerify(open);
        signature.update(SAMPLE);
        return signature.verify(signed);
    }
}
