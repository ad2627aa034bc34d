#pragma once

#include <cstddef>

namespace volley::sim {

/// Counts what is allocated on one account: this program's operator new charges whatever is
/// allocated while a MemoryScope is open, and operator delete gives it back. One thread.
struct MemoryAccount {
  std::size_t live = 0;  ///< Bytes asked for and not given back.
};

/// While it lives, allocations are charged to an account.
class MemoryScope {
 public:
  explicit MemoryScope(MemoryAccount& account);
  MemoryScope(const MemoryScope&) = delete;
  MemoryScope& operator=(const MemoryScope&) = delete;
  ~MemoryScope();

 private:
  MemoryAccount* outer_;
};

}  // namespace volley::sim
