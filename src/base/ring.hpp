#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "base/check.hpp"

namespace volley {

/// First in, first out, of a fixed capacity. Allocates when made and never after; one thread.
template <class T>
class Ring {
 public:
  explicit Ring(std::size_t capacity) : items_(capacity), capacity_{capacity} {}

  std::size_t size() const { return size_; }
  std::size_t capacity() const { return capacity_; }
  bool empty() const { return size_ == 0; }
  bool full() const { return size_ == capacity_; }

  /// Requires !full().
  void push(T item) {
    VOLLEY_CHECK(!full());
    items_[wrap(first_ + size_)] = std::move(item);
    ++size_;
  }

  /// Adds an item by letting the caller write it where it stands: it still holds an older one.
  /// Requires !full().
  T& push() {
    VOLLEY_CHECK(!full());
    return items_[wrap(first_ + size_++)];
  }

  /// The oldest. Requires !empty().
  const T& front() const {
    VOLLEY_CHECK(!empty());
    return items_[first_];
  }

  /// Takes the oldest. Requires !empty().
  T pop() {
    VOLLEY_CHECK(!empty());
    T item = std::move(items_[first_]);
    drop();
    return item;
  }

  /// Forgets the oldest. Requires !empty().
  void drop() {
    VOLLEY_CHECK(!empty());
    first_ = wrap(first_ + 1);
    --size_;
  }

  /// Begins at the first place again: who fills and empties a large ring in turns stays within a
  /// part of it that is in the cache. Requires empty().
  void rewind() {
    VOLLEY_CHECK(empty());
    first_ = 0;
  }

 private:
  std::size_t wrap(std::size_t position) const {
    return position < capacity_ ? position : position - capacity_;
  }

  std::vector<T> items_;
  std::size_t capacity_;  // Of items_, which would divide to tell it.
  std::size_t first_ = 0;
  std::size_t size_ = 0;
};

}  // namespace volley
