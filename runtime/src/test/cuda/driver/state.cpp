// What streams do, and the exports for tests.
#include "state.h"

namespace filigree::driver {

Driver& driver() {
  static Driver* d = new Driver;  // never destroyed: other threads may outlive static objects
  return *d;
}

std::vector<uintptr_t>& current_contexts() {
  thread_local std::vector<uintptr_t> stack;
  thread_local uint64_t generation = 0;
  if (generation != driver().generation) stack.clear(), generation = driver().generation;
  return stack;
}

void Driver::reset() {
  while (!primary.empty()) destroy_context(primary.begin()->second);
  objects.clear();
  initialised = false;
  settings = {{"architecture", 90}, {"devices", 1}, {"memory", 1 << 30}, {"driver", 13000}};
  failures.clear(), counters.clear(), last_fault.clear();
  ++generation;
}

uintptr_t Driver::context_handle() { return current_contexts().empty() ? 0 : current_contexts().back(); }

Context& Driver::context() {
  if (context_handle() == 0) refuse(CUDA_ERROR_INVALID_CONTEXT, "no context is current on this thread");
  const auto found = objects.find(context_handle());
  if (found == objects.end()) refuse(CUDA_ERROR_CONTEXT_IS_DESTROYED, "the context current on this thread was released");
  return static_cast<Context&>(*found->second);
}

void Driver::destroy_context(uintptr_t handle) {
  Context& c = static_cast<Context&>(*objects.at(handle));
  for (const auto& [p, bytes] : c.memory) emulator::free_guarded(reinterpret_cast<void*>(p));
  for (const auto& [p, bytes] : c.pinned) emulator::free_guarded(reinterpret_cast<void*>(p));
  primary.erase(c.device);
  for (auto i = objects.begin(); i != objects.end();) i = i->first == handle || i->second->owner == handle ? objects.erase(i) : std::next(i);
}

std::shared_ptr<Stream> Driver::stream(CUstream handle) {
  return handle ? find<Stream>(handle, "stream") : context().legacy;
}

void Driver::submit(Stream& s, Work work) {
  if (s.capture) {
    if (s.capture->invalid) refuse(CUDA_ERROR_STREAM_CAPTURE_INVALIDATED, "the stream's capture was invalidated before");
    s.capture->recording.push_back(std::move(work));
    return;
  }
  if (&s == context().legacy.get()) {
    for (const auto& [handle, object] : objects) {
      const auto other = std::dynamic_pointer_cast<Stream>(object);
      if (other && other->blocking && other->owner == context_handle()) drain(*other);
    }
  } else if (s.blocking) {
    drain(*context().legacy);
  }
  s.pending.push_back(std::move(work));
}

void Driver::run_one(Stream& s) {
  if (s.pending.empty()) return;
  const Work work = std::move(s.pending.front());
  s.pending.pop_front();
  try {
    work();
  } catch (const emulator::BadAddress& e) {
    context().fault = CUDA_ERROR_ILLEGAL_ADDRESS;
    refuse(CUDA_ERROR_ILLEGAL_ADDRESS, e.what());
  } catch (const Refusal& r) {
    context().fault = r.code;
    throw;
  } catch (const std::exception& e) {
    context().fault = CUDA_ERROR_LAUNCH_FAILED;
    refuse(CUDA_ERROR_LAUNCH_FAILED, e.what());
  }
}

void Driver::drain(Stream& s) {
  while (!s.pending.empty()) run_one(s);
}

void Driver::drain_all() {
  drain(*context().legacy);
  std::vector<std::shared_ptr<Stream>> streams;
  for (const auto& [handle, object] : objects)
    if (const auto s = std::dynamic_pointer_cast<Stream>(object); s && s->owner == context_handle()) streams.push_back(s);
  for (const auto& s : streams) drain(*s);
}

void Driver::check_capture(const char* function) {
  for (const auto& [handle, object] : objects) {
    const auto s = std::dynamic_pointer_cast<Stream>(object);
    if (!s || !s->capture || s->capture->mode == CU_STREAM_CAPTURE_MODE_RELAXED) continue;
    const bool own = s->capture->thread == std::this_thread::get_id();
    if (!own && s->capture->mode != CU_STREAM_CAPTURE_MODE_GLOBAL) continue;
    s->capture->invalid = true;
    refuse(CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED, std::string(function) + " while " + (own ? "this" : "another") + " thread captures a stream");
  }
}

}  // namespace filigree::driver

using namespace filigree::driver;

/**
 * For tests. Keys: "architecture" (80, 86, 89, 90, ...), "devices", "memory" (bytes of each device), "driver" (its API version);
 * "fail:FUNCTION:CODE", value n: the n-th call of FUNCTION from now on, 1 the next, does nothing and returns CODE; "reset":
 * everything as if the library had just been loaded. Returns 0, or 1 for an unknown key.
 */
FILIGREE_EXPORT int filigreeEmulatedSet(const char* key, long long value) {
  Driver& d = driver();
  const std::lock_guard<std::mutex> guard(d.lock);
  const std::string k = key;
  if (k == "reset") return d.reset(), 0;
  if (k.rfind("fail:", 0) == 0 && k.rfind(':') > 5 && value > 0) {
    const size_t colon = k.rfind(':');
    d.failures[k.substr(5, colon - 5)] = {value, CUresult(std::stoi(k.substr(colon + 1)))};
    return 0;
  }
  if (d.settings.count(k) == 0) return 1;
  d.settings[k] = value;
  return 0;
}

/**
 * For tests. Keys: what is alive ("contexts", "device_bytes", "device_allocations", "pinned_bytes", "modules", "streams", "events",
 * "graphs", "executables") and what was done since the last reset ("launches": kernels handed to streams or captures, "kernels": kernels
 * that ran, "graph_launches", "instantiations"). -1 for an unknown key.
 */
FILIGREE_EXPORT long long filigreeEmulatedCounter(const char* key) {
  Driver& d = driver();
  const std::lock_guard<std::mutex> guard(d.lock);
  const std::string k = key;
  long long device_bytes = 0, device_allocations = 0, pinned_bytes = 0;
  for (const auto& [device, handle] : d.primary) {
    const Context& c = static_cast<Context&>(*d.objects.at(handle));
    device_bytes += static_cast<long long>(c.used), device_allocations += static_cast<long long>(c.memory.size());
    for (const auto& [p, bytes] : c.pinned) pinned_bytes += static_cast<long long>(bytes);
  }
  if (k == "contexts") return static_cast<long long>(d.primary.size());
  if (k == "device_bytes") return device_bytes;
  if (k == "device_allocations") return device_allocations;
  if (k == "pinned_bytes") return pinned_bytes;
  if (k == "modules") return d.count<Module>();
  if (k == "streams") return d.count<Stream>();
  if (k == "events") return d.count<Event>();
  if (k == "graphs") return d.count<Graph>();
  if (k == "executables") return d.count<Executable>();
  for (const char* done : {"launches", "kernels", "graph_launches", "instantiations"})
    if (k == done) return d.counters[k];
  return -1;
}

/** For tests. What the last call that did not succeed had to complain of; empty if there was none. Valid until the thread's next call of this. */
FILIGREE_EXPORT const char* filigreeEmulatedLastFault() {
  thread_local std::string copy;
  const std::lock_guard<std::mutex> guard(driver().lock);
  copy = driver().last_fault;
  return copy.c_str();
}
