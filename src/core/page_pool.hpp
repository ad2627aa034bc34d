#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "core/slot_list.hpp"

namespace volley {

/// Memory in pages of one size, which are used again and again. Grows with the most that were in
/// use at a time; a steady flow allocates nothing. One thread.
class PagePool {
 public:
  explicit PagePool(std::size_t page_size) : page_size_{page_size} {}

  std::size_t page_size() const { return page_size_; }
  /// What the pages in use take, in octets.
  std::size_t octets_in_use() const { return (pages_.size() - free_.size()) * page_size_; }

  /// A page, its octets undefined.
  Slot take() {
    if (free_.empty()) {
      pages_.push_back(std::make_unique_for_overwrite<std::byte[]>(page_size_));
      free_.reserve(pages_.capacity());
      return static_cast<Slot>(pages_.size() - 1);
    }
    const Slot page = free_.back();
    free_.pop_back();
    return page;
  }
  void give_back(Slot page) { free_.push_back(page); }

  std::byte* at(Slot page) const { return pages_[page].get(); }

 private:
  std::size_t page_size_;
  std::vector<std::unique_ptr<std::byte[]>> pages_;
  std::vector<Slot> free_;
};

}  // namespace volley
