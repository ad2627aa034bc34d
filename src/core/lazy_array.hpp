#pragma once

#include <cstddef>
#include <new>
#include <type_traits>

namespace volley {

/// A fixed number of items, none of which is there until it is made. Memory that no item was made
/// in is not touched, so the system need not back it, however large the array.
template <class T>
class LazyArray {
  static_assert(std::is_trivially_destructible_v<T>);

 public:
  explicit LazyArray(std::size_t capacity)
      : items_{static_cast<T*>(::operator new(capacity * sizeof(T)))} {}
  LazyArray(const LazyArray&) = delete;
  LazyArray& operator=(const LazyArray&) = delete;
  ~LazyArray() { ::operator delete(items_); }

  /// Makes an item, in the place of what was there.
  T& make(std::size_t index, const T& item) { return *new (items_ + index) T{item}; }

  /// Requires that the item was made.
  T& operator[](std::size_t index) { return items_[index]; }
  const T& operator[](std::size_t index) const { return items_[index]; }

 private:
  T* items_;
};

}  // namespace volley
