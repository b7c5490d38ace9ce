// The stand-in's idea of a driver: what exists, who owns it, and what still has to run. One lock guards all of it.
//
// Work of a stream is carried out when somebody waits for it, as late as a real device may: a host that frees, overwrites or
// reads too early gets wrong results here as well. Whoever polls (cuStreamQuery, cuEventQuery) moves it on by one piece of work.
#pragma once
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "../emulator/kernels.h"
#include "api.h"

namespace filigree::driver {

/** A call that breaks a rule: its CUresult and the sentence for filigreeEmulatedLastFault. */
struct Refusal {
  CUresult code;
  std::string why;
};
[[noreturn]] inline void refuse(CUresult code, std::string why) { throw Refusal{code, std::move(why)}; }

/** Shared memory that a block can have, as an attribute of the kernel, on sm_`architecture`. */
inline int most_shared_bytes(int architecture) {
  return architecture < 80 ? 64 * 1024 : architecture == 80 ? 163 * 1024 : architecture < 90 || architecture == 120 ? 99 * 1024 : 227 * 1024;
}

using Work = std::function<void()>;
using Recording = std::vector<Work>;

struct Object {
  uintptr_t owner = 0;  // handle of its context
  virtual ~Object() = default;
};

/** What one or, after cuStreamEndCapture, no stream is recording. */
struct Capture {
  CUstreamCaptureMode mode;
  std::thread::id thread;
  Recording recording;
  bool invalid = false;
};

struct Stream : Object {
  bool blocking = true;  // waits for, and is waited for by, the legacy stream
  std::deque<Work> pending;
  std::shared_ptr<Capture> capture;
};
struct Event : Object {
  bool timed = true, captured = false;
  uint64_t recorded = 0, reached = 0;
  double reached_ms = 0;
  std::weak_ptr<Stream> stream;
};
struct Module : Object {};
struct Function : Object {
  std::string name;
  const emulator::Kernel* kernel;
  std::weak_ptr<Module> module;
  unsigned most_shared = 48 * 1024;
};
struct Graph : Object {
  std::shared_ptr<const Recording> recording;
};
struct Executable : Object {
  std::shared_ptr<const Recording> recording;
};
struct Context : Object {
  int device = 0, retained = 0;
  CUresult fault = CUDA_SUCCESS;  // of the device; every later call gives it again, as a real context does
  size_t used = 0;
  std::map<CUdeviceptr, size_t> memory;
  std::map<uintptr_t, size_t> pinned;
  std::shared_ptr<Stream> legacy = std::make_shared<Stream>();
};

class Driver {
 public:
  Driver() { reset(); }
  void reset();

  template <class T, class Handle>
  std::shared_ptr<T> find(Handle handle, const char* kind) {
    const auto found = objects.find(reinterpret_cast<uintptr_t>(handle));
    const auto object = found == objects.end() ? nullptr : std::dynamic_pointer_cast<T>(found->second);
    if (!object) refuse(CUDA_ERROR_INVALID_HANDLE, std::string("there is no such ") + kind + ", or no longer");
    if (object->owner != context_handle()) refuse(CUDA_ERROR_INVALID_HANDLE, std::string("the ") + kind + " belongs to another context");
    return object;
  }
  template <class Handle>
  Handle add(std::shared_ptr<Object> object) {
    object->owner = context_handle();
    objects[next_handle] = std::move(object);
    return reinterpret_cast<Handle>(next_handle++);
  }
  template <class T, class Handle>
  void remove(Handle handle, const char* kind) {
    find<T>(handle, kind);
    objects.erase(reinterpret_cast<uintptr_t>(handle));
  }
  /** The stream of a handle; null is the context's legacy stream. */
  std::shared_ptr<Stream> stream(CUstream handle);

  uintptr_t context_handle();
  Context& context();
  void destroy_context(uintptr_t handle);

  /** Hands a piece of work to a stream, which may be recording. */
  void submit(Stream& stream, Work work);
  void run_one(Stream& stream);
  void drain(Stream& stream);
  void drain_all();
  /** For calls that a capture going on in this thread, or a global one anywhere, forbids. Invalidates that capture. */
  void check_capture(const char* function);

  template <class T>
  long long count() const {
    long long n = 0;
    for (const auto& [handle, object] : objects) n += dynamic_cast<T*>(object.get()) != nullptr;
    return n;
  }

  std::mutex lock;
  bool initialised;
  std::map<std::string, long long> settings;
  std::map<std::string, std::pair<long long, CUresult>> failures;  // of a function: calls until it fails, and how
  std::map<std::string, long long> counters;
  std::map<uintptr_t, std::shared_ptr<Object>> objects;
  std::map<int, uintptr_t> primary;  // device: its primary context
  std::string last_fault;
  uint64_t generation = 0;  // of resets: what a thread had as current before one is forgotten

 private:
  uintptr_t next_handle = 0x1000;
};

Driver& driver();
std::vector<uintptr_t>& current_contexts();

enum Rule { kAnyTime, kInitialised, kInContext, kNotInCapture };  // each includes the ones before it

/** Carries out one call of the API under the lock: injected failures, rules common to all calls, then `body`. */
template <class Body>
CUresult call(const char* function, Rule rule, Body body) {
  Driver& d = driver();
  const std::lock_guard<std::mutex> guard(d.lock);
  try {
    const auto planned = d.failures.find(function);
    if (planned != d.failures.end() && --planned->second.first == 0) {
      const CUresult code = planned->second.second;
      d.failures.erase(planned);
      refuse(code, "told to fail");
    }
    if (rule >= kInitialised && !d.initialised) refuse(CUDA_ERROR_NOT_INITIALIZED, "cuInit was not called");
    if (rule >= kInContext && d.context().fault != CUDA_SUCCESS) return d.context().fault;
    if (rule >= kNotInCapture) d.check_capture(function);
    return body(d);
  } catch (const Refusal& r) {
    d.last_fault = std::string(function) + ": " + r.why;
    return r.code;
  }
}

}  // namespace filigree::driver
