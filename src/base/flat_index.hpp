#pragma once

#include <bit>
#include <cstddef>
#include <utility>
#include <vector>

#include "base/check.hpp"

namespace volley {

/// A hash table of a fixed capacity in one flat array: open addressing, at most half full.
/// Allocates when made and never after; one thread.
///
/// Where others choose the keys, `Hash` must hold a secret seed, or they choose keys that collide.
template <class Key, class Value, class Hash>
class FlatIndex {
 public:
  FlatIndex(std::size_t capacity, Hash hash)
      : hash_{std::move(hash)}, capacity_{capacity}, cells_(std::bit_ceil(2 * capacity + 2)) {}

  std::size_t size() const { return size_; }

  /// The value, valid until the next put() or erase(); nullptr if the key is not there.
  const Value* find(const Key& key) const {
    const Cell& cell = cells_[locate(key)];
    return cell.used ? &cell.value : nullptr;
  }

  /// Adds the key or replaces its value. Requires room for a new key.
  void put(const Key& key, const Value& value) {
    Cell& cell = cells_[locate(key)];
    if (!cell.used) {
      VOLLEY_CHECK(size_ < capacity_);
      ++size_;
    }
    cell = {.key = key, .value = value, .used = true};
  }

  /// Forgets the key. Whether it was there.
  bool erase(const Key& key) {
    std::size_t hole = locate(key);
    if (!cells_[hole].used) return false;
    --size_;
    // No tombstones: what follows in the run moves back into the hole, unless its home lies after
    // it.
    for (std::size_t next = after(hole); cells_[next].used; next = after(next)) {
      const std::size_t from_home = (next - home(cells_[next].key)) & mask();
      const std::size_t from_hole = (next - hole) & mask();
      if (from_home < from_hole) continue;
      cells_[hole] = cells_[next];
      hole = next;
    }
    cells_[hole].used = false;
    return true;
  }

 private:
  struct Cell {
    Key key{};
    Value value{};
    bool used = false;
  };

  std::size_t mask() const { return cells_.size() - 1; }
  std::size_t home(const Key& key) const { return hash_(key) & mask(); }
  std::size_t after(std::size_t position) const { return (position + 1) & mask(); }

  /// The key's cell, or the free one that ends its run: there always is one, the table is half
  /// empty.
  std::size_t locate(const Key& key) const {
    std::size_t position = home(key);
    while (cells_[position].used && cells_[position].key != key) position = after(position);
    return position;
  }

  Hash hash_;
  std::size_t capacity_;
  std::size_t size_ = 0;
  std::vector<Cell> cells_;
};

}  // namespace volley
