#pragma once

#include <algorithm>
#include <cstddef>

namespace volley {

/// How many messages the next receive call looks for: a look for one costs less, and who finds as
/// many as it looked for looks for more.
class ReceiveDepth {
 public:
  std::size_t most() const { return most_; }
  /// What the last look found, of a batch of so many slots.
  void found(std::size_t messages, std::size_t slots) {
    if (messages == 0) {
      most_ = 1;
    } else if (messages >= most_) {
      most_ = std::min(8 * most_, slots);
    }
  }

 private:
  std::size_t most_ = 1;
};

}  // namespace volley
