// SPDX-License-Identifier: Apache-2.0
// libre's headers, and the little that makes them safe to use from C++. For the *.cpp of this folder only.
//
// Signalling thread only: libre's reference counts are not atomic.
#pragma once

#include <re.h>

#include <string>
#include <string_view>
#include <utility>

namespace hotline::voice::signalling {

/// Owns one reference to a libre object.
template <class T>
class Ref {
 public:
  Ref() = default;
  Ref(Ref&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
  Ref& operator=(Ref&& other) noexcept {
    if (this != &other) reset(std::exchange(other.object_, nullptr));
    return *this;
  }
  ~Ref() { reset(); }

  /// Takes over a reference the caller has.
  static Ref adopt(T* object) {
    Ref ref;
    ref.object_ = object;
    return ref;
  }
  /// Takes a further reference.
  static Ref share(const T* object) { return adopt(static_cast<T*>(mem_ref(const_cast<T*>(object)))); }

  [[nodiscard]] T* get() const { return object_; }
  T* operator->() const { return object_; }
  [[nodiscard]] explicit operator bool() const { return object_ != nullptr; }
  void reset(T* object = nullptr) { mem_deref(std::exchange(object_, object)); }
  /// For libre's `T **` out-parameters, some of which libre itself clears later.
  T** out() {
    reset();
    return &object_;
  }
  /// For in-out parameters such as the server transaction of sip_treplyf().
  T** inout() { return &object_; }

 private:
  T* object_ = nullptr;
};

inline std::string_view view(const pl& text) {
  return text.p ? std::string_view{text.p, text.l} : std::string_view{};
}
inline pl to_pl(std::string_view text) {
  return {text.data(), text.size()};
}

}  // namespace hotline::voice::signalling
