package dev.filigree.server.grpc;

import dev.filigree.server.api.ClassifyService;
import dev.filigree.server.grpc.proto.ModelInferRequest;
import dev.filigree.server.grpc.proto.ModelInferResponse;
import dev.filigree.server.http.ApiException;
import dev.filigree.server.http.Pending;
import dev.filigree.server.openinference.OpenInference;
import io.grpc.Context;
import io.grpc.Deadline;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ServerCallStreamObserver;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A call for inference on its way. Thread-safe. */
final class InferCall {
    private static final Logger LOG = LoggerFactory.getLogger(InferCall.class);

    private final OpenInference protocol;
    private final ServerCallStreamObserver<ModelInferResponse> observer;
    private final Recorder.Call call = Recorder.current();
    private final Optional<Deadline> deadline = Optional.ofNullable(Context.current().getDeadline());
    /** Guarded by this, as is what follows. */
    private Pending pending = Pending.NOTHING;
    private boolean gone;

    /** Of the call in whose context this thread is. */
    InferCall(OpenInference protocol, ServerCallStreamObserver<ModelInferResponse> observer) {
        this.protocol = protocol;
        this.observer = observer;
        // With a handler set, answering a call that is gone does nothing.
        observer.setOnCancelHandler(this::leave);
    }

    /** Reads and tokenizes the message, which is not kept, and hands it over; nothing when the client has gone by now. */
    void begin(ReceivedMessage<ModelInferRequest> message) {
        if (observer.isCancelled()) {
            return;
        }
        try {
            ModelInferRequest request = message.read();
            OptionalLong latest = deadline
                    .map(moment -> OptionalLong.of(System.nanoTime() + moment.timeRemaining(TimeUnit.NANOSECONDS)))
                    .orElse(OptionalLong.empty());
            Optional<String> version = RequestMessage.given(request.getModelVersion());
            boolean raw = RequestMessage.isRaw(request);
            enter(protocol.infer(
                    request.getModelName(),
                    version,
                    RequestMessage.of(request),
                    new ClassifyService.Origin(call.id(), latest, false),
                    result -> finish(result, raw)));
        } catch (ApiException e) {
            observer.onError(Statuses.of(e));
        } catch (StatusRuntimeException e) {
            observer.onError(e);
        } catch (RuntimeException | Error e) {
            LOG.error("Request {} failed.", call.id(), e);
            observer.onError(Statuses.of(ApiException.internal()));
        }
    }

    private void finish(OpenInference.Result result, boolean raw) {
        call.by(result.model());
        switch (result) {
            case OpenInference.Answered answered -> {
                observer.onNext(ResponseMessage.of(answered.response(), raw));
                observer.onCompleted();
            }
            case OpenInference.Failed failed -> observer.onError(Statuses.of(failed.error()));
        }
    }

    private synchronized void enter(Pending begun) {
        pending = begun;
        if (gone) {
            drop();
        }
    }

    private synchronized void leave() {
        gone = true;
        drop();
    }

    private void drop() {
        if (deadline.isPresent() && deadline.get().isExpired()) {
            pending.expire();
        } else {
            pending.cancel();
        }
    }
}
