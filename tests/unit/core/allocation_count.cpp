#include "allocation_count.hpp"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <new>

namespace {

std::atomic<std::uint64_t> count;
std::atomic<std::size_t> bytes;

/// Before each block, as far as its alignment needs: its size.
constexpr std::size_t kLeastHead = alignof(std::max_align_t);

void* allocate(std::size_t size, std::size_t head) noexcept {
  const std::size_t whole = (size + head + head - 1) / head * head;
  void* const memory = std::aligned_alloc(head, whole);
  if (memory == nullptr) return nullptr;
  ++count;
  bytes += size;
  *static_cast<std::size_t*>(memory) = size;
  return static_cast<char*>(memory) + head;
}

void* allocate_or_throw(std::size_t size, std::size_t head) {
  void* const memory = allocate(size, head);
  if (memory == nullptr) throw std::bad_alloc{};
  return memory;
}

void release(void* memory, std::size_t head) {
  if (memory == nullptr) return;
  void* const whole = static_cast<char*>(memory) - head;
  bytes -= *static_cast<std::size_t*>(whole);
  std::free(whole);
}

std::size_t head_of(std::align_val_t alignment) {
  return std::max(static_cast<std::size_t>(alignment), kLeastHead);
}

}  // namespace

namespace volley {

std::uint64_t allocation_count() {
  return count.load();
}

std::size_t allocated_bytes() {
  return bytes.load();
}

}  // namespace volley

// All forms, as a sanitizer has its own of those that are missing here.
void* operator new(std::size_t size) {
  return allocate_or_throw(size, kLeastHead);
}
void* operator new[](std::size_t size) {
  return allocate_or_throw(size, kLeastHead);
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  return allocate(size, kLeastHead);
}
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept {
  return allocate(size, kLeastHead);
}
void* operator new(std::size_t size, std::align_val_t alignment) {
  return allocate_or_throw(size, head_of(alignment));
}
void* operator new(std::size_t size, std::align_val_t alignment, const std::nothrow_t&) noexcept {
  return allocate(size, head_of(alignment));
}

void operator delete(void* memory) noexcept {
  release(memory, kLeastHead);
}
void operator delete[](void* memory) noexcept {
  release(memory, kLeastHead);
}
void operator delete(void* memory, std::size_t) noexcept {
  release(memory, kLeastHead);
}
void operator delete[](void* memory, std::size_t) noexcept {
  release(memory, kLeastHead);
}
void operator delete(void* memory, std::align_val_t alignment) noexcept {
  release(memory, head_of(alignment));
}
void operator delete(void* memory, std::size_t, std::align_val_t alignment) noexcept {
  release(memory, head_of(alignment));
}
