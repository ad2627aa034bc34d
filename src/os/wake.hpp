#pragma once

#include <volley/error.hpp>

#include "os/fd.hpp"

namespace volley::os {

/// Wakes one thread that waits for its descriptor, as often as need be (eventfd).
class Wake {
 public:
  /// Fails with kFull when no more files can be opened.
  [[nodiscard]] static Result<Wake> create();

  /// Makes the descriptor readable. Any thread, and signal handlers.
  void raise() const noexcept;
  /// Makes it wait again. What was raised before is forgotten.
  void clear() const noexcept;
  int descriptor() const { return event_.number(); }

 private:
  explicit Wake(Fd event) : event_{std::move(event)} {}
  Fd event_;
};

}  // namespace volley::os
