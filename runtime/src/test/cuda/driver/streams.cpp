// Streams, captures and graphs, events.
#include <chrono>

#include "state.h"

using namespace filigree::driver;

namespace {

double now_ms() { return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

/** For calls that wait for or look at a stream. */
Stream& not_capturing(const std::shared_ptr<Stream>& s) {
  if (s->capture) {
    s->capture->invalid = true;
    refuse(CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED, "the stream is capturing");
  }
  return *s;
}

Event& not_captured(const std::shared_ptr<Event>& e) {
  if (e->captured) refuse(CUDA_ERROR_CAPTURED_EVENT, "the event was last recorded in a capture");
  return *e;
}

CUresult ready(bool done) { return done ? CUDA_SUCCESS : CUDA_ERROR_NOT_READY; }

}  // namespace

FILIGREE_EXPORT CUresult cuStreamCreate(CUstream* stream, unsigned flags) {
  return call("cuStreamCreate", kInContext, [&](Driver& d) {
    if (flags & ~CU_STREAM_NON_BLOCKING) refuse(CUDA_ERROR_INVALID_VALUE, "unknown flags");
    const auto s = std::make_shared<Stream>();
    s->blocking = flags == 0;
    *stream = d.add<CUstream>(s);
    return CUDA_SUCCESS;
  });
}

FILIGREE_EXPORT CUresult cuStreamDestroy_v2(CUstream stream) {
  return call("cuStreamDestroy_v2", kInContext, [&](Driver& d) {
    d.drain(not_capturing(d.find<Stream>(stream, "stream")));
    d.remove<Stream>(stream, "stream");
    return CUDA_SUCCESS;
  });
}

FILIGREE_EXPORT CUresult cuStreamSynchronize(CUstream stream) {
  return call("cuStreamSynchronize", kNotInCapture, [&](Driver& d) {
    if (!stream) return d.drain_all(), CUDA_SUCCESS;
    return d.drain(not_capturing(d.stream(stream))), CUDA_SUCCESS;
  });
}

FILIGREE_EXPORT CUresult cuStreamQuery(CUstream stream) {
  return call("cuStreamQuery", kNotInCapture, [&](Driver& d) {
    Stream& s = not_capturing(d.stream(stream));
    d.run_one(s);
    return ready(s.pending.empty());
  });
}

FILIGREE_EXPORT CUresult cuStreamWaitEvent(CUstream stream, CUevent event, unsigned flags) {
  return call("cuStreamWaitEvent", kInContext, [&](Driver& d) {
    const auto s = d.stream(stream);
    const auto e = d.find<Event>(event, "event");
    if (flags != 0) refuse(CUDA_ERROR_INVALID_VALUE, "unknown flags");
    if (s->capture || e->captured) refuse(CUDA_ERROR_NOT_SUPPORTED, "captures of several streams are not emulated");
    d.submit(*s, [&d, e, until = e->recorded] {
      while (e->reached < until)
        if (const auto other = e->stream.lock()) d.run_one(*other);
    });
    return CUDA_SUCCESS;
  });
}

FILIGREE_EXPORT CUresult cuStreamBeginCapture_v2(CUstream stream, CUstreamCaptureMode mode) {
  return call("cuStreamBeginCapture_v2", kInContext, [&](Driver& d) {
    if (!stream) refuse(CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED, "the legacy stream cannot be captured");
    const auto s = d.stream(stream);
    if (s->capture) refuse(CUDA_ERROR_ILLEGAL_STATE, "the stream is capturing already");
    s->capture = std::make_shared<Capture>(Capture{mode, std::this_thread::get_id(), {}, false});
    return CUDA_SUCCESS;
  });
}

FILIGREE_EXPORT CUresult cuStreamIsCapturing(CUstream stream, CUstreamCaptureStatus* status) {
  return call("cuStreamIsCapturing", kInContext, [&](Driver& d) {
    const auto capture = d.stream(stream)->capture;
    *status = !capture ? CU_STREAM_CAPTURE_STATUS_NONE : capture->invalid ? CU_STREAM_CAPTURE_STATUS_INVALIDATED : CU_STREAM_CAPTURE_STATUS_ACTIVE;
    return CUDA_SUCCESS;
  });
}

FILIGREE_EXPORT CUresult cuStreamEndCapture(CUstream stream, CUgraph* graph) {
  return call("cuStreamEndCapture", kInContext, [&](Driver& d) {
    *graph = nullptr;
    const auto s = d.stream(stream);
    if (!s->capture) refuse(CUDA_ERROR_ILLEGAL_STATE, "the stream is not capturing");
    if (s->capture->mode != CU_STREAM_CAPTURE_MODE_RELAXED && s->capture->thread != std::this_thread::get_id())
      refuse(CUDA_ERROR_STREAM_CAPTURE_WRONG_THREAD, "another thread began the capture");
    const auto capture = std::move(s->capture);
    s->capture = nullptr;
    if (capture->invalid) refuse(CUDA_ERROR_STREAM_CAPTURE_INVALIDATED, "the capture was invalidated by a call before");
    const auto g = std::make_shared<Graph>();
    g->recording = std::make_shared<const Recording>(std::move(capture->recording));
    *graph = d.add<CUgraph>(g);
    return CUDA_SUCCESS;
  });
}

FILIGREE_EXPORT CUresult cuGraphInstantiateWithFlags(CUgraphExec* executable, CUgraph graph, unsigned long long flags) {
  return call("cuGraphInstantiateWithFlags", kInContext, [&](Driver& d) {
    if (flags != 0) refuse(CUDA_ERROR_INVALID_VALUE, "no flags are emulated");
    const auto e = std::make_shared<Executable>();
    e->recording = d.find<Graph>(graph, "graph")->recording;
    ++d.counters["instantiations"];
    *executable = d.add<CUgraphExec>(e);
    return CUDA_SUCCESS;
  });
}

FILIGREE_EXPORT CUresult cuGraphUpload(CUgraphExec executable, CUstream stream) {
  return call("cuGraphUpload", kInContext, [&](Driver& d) {
    d.find<Executable>(executable, "executable graph"), not_capturing(d.stream(stream));
    return CUDA_SUCCESS;
  });
}

FILIGREE_EXPORT CUresult cuGraphLaunch(CUgraphExec executable, CUstream stream) {
  return call("cuGraphLaunch", kInContext, [&](Driver& d) {
    const auto e = d.find<Executable>(executable, "executable graph");
    ++d.counters["graph_launches"];
    d.submit(not_capturing(d.stream(stream)), [recording = e->recording] {
      for (const Work& work : *recording) work();
    });
    return CUDA_SUCCESS;
  });
}

FILIGREE_EXPORT CUresult cuGraphExecDestroy(CUgraphExec executable) {
  return call("cuGraphExecDestroy", kInContext, [&](Driver& d) { return d.remove<Executable>(executable, "executable graph"), CUDA_SUCCESS; });
}

FILIGREE_EXPORT CUresult cuGraphDestroy(CUgraph graph) {
  return call("cuGraphDestroy", kInContext, [&](Driver& d) { return d.remove<Graph>(graph, "graph"), CUDA_SUCCESS; });
}

FILIGREE_EXPORT CUresult cuEventCreate(CUevent* event, unsigned flags) {
  return call("cuEventCreate", kInContext, [&](Driver& d) {
    const auto e = std::make_shared<Event>();
    e->timed = !(flags & CU_EVENT_DISABLE_TIMING);
    *event = d.add<CUevent>(e);
    return CUDA_SUCCESS;
  });
}

FILIGREE_EXPORT CUresult cuEventDestroy_v2(CUevent event) {
  return call("cuEventDestroy_v2", kInContext, [&](Driver& d) { return d.remove<Event>(event, "event"), CUDA_SUCCESS; });
}

FILIGREE_EXPORT CUresult cuEventRecord(CUevent event, CUstream stream) {
  return call("cuEventRecord", kInContext, [&](Driver& d) {
    const auto e = d.find<Event>(event, "event");
    const auto s = d.stream(stream);
    e->captured = s->capture != nullptr, e->stream = s;
    const uint64_t turn = e->captured ? e->recorded : ++e->recorded;
    d.submit(*s, [e, turn] { e->reached = std::max(e->reached, turn), e->reached_ms = now_ms(); });
    return CUDA_SUCCESS;
  });
}

FILIGREE_EXPORT CUresult cuEventQuery(CUevent event) {
  return call("cuEventQuery", kNotInCapture, [&](Driver& d) {
    Event& e = not_captured(d.find<Event>(event, "event"));
    if (const auto s = e.stream.lock(); s && e.reached < e.recorded) d.run_one(*s);
    return ready(e.reached == e.recorded);
  });
}

FILIGREE_EXPORT CUresult cuEventSynchronize(CUevent event) {
  return call("cuEventSynchronize", kNotInCapture, [&](Driver& d) {
    Event& e = not_captured(d.find<Event>(event, "event"));
    const auto s = e.stream.lock();
    while (e.reached < e.recorded) d.run_one(*s);
    return CUDA_SUCCESS;
  });
}

FILIGREE_EXPORT CUresult cuEventElapsedTime_v2(float* ms, CUevent start, CUevent end) {
  return call("cuEventElapsedTime", kInContext, [&](Driver& d) {
    const Event &a = not_captured(d.find<Event>(start, "event")), &b = not_captured(d.find<Event>(end, "event"));
    if (!a.timed || !b.timed || a.recorded == 0 || b.recorded == 0) refuse(CUDA_ERROR_INVALID_HANDLE, "an event was never recorded, or is not timed");
    if (a.reached < a.recorded || b.reached < b.recorded) return CUDA_ERROR_NOT_READY;
    *ms = float(b.reached_ms - a.reached_ms);
    return CUDA_SUCCESS;
  });
}

FILIGREE_EXPORT CUresult cuEventElapsedTime(float* ms, CUevent start, CUevent end) { return cuEventElapsedTime_v2(ms, start, end); }
