#include "memory_meter.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdlib>
#include <new>
#include <utility>

namespace volley::sim {
namespace {

MemoryAccount* open_account = nullptr;

/// Stands before every allocation. As large as the strictest alignment that plain new promises.
struct alignas(__STDCPP_DEFAULT_NEW_ALIGNMENT__) Charge {
  MemoryAccount* account;
  std::size_t size;
};

// Every run makes and unmakes cores with tables of megabytes. The system would take them back and
// give them anew, page by page, for most of the time: so large blocks are kept for the next.
constexpr std::size_t kLarge = std::size_t{1} << 15U;
constexpr std::size_t kClasses = 40;
struct Spare {
  Spare* next;
};
std::array<Spare*, kClasses> spares{};

std::size_t class_of(std::size_t size) {
  return static_cast<std::size_t>(std::bit_width(size - 1));
}

constexpr std::size_t kPlain = __STDCPP_DEFAULT_NEW_ALIGNMENT__;
constexpr std::size_t kCacheLine = 64;

/// Aligned as asked, up to a cache line.
void* take_block(std::size_t size, std::size_t alignment) {
  if (size < kLarge) {
    return alignment <= kPlain
               ? std::malloc(size)
               : std::aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
  }
  Spare*& spare = spares.at(class_of(size));
  if (spare == nullptr) return std::aligned_alloc(kCacheLine, std::size_t{1} << class_of(size));
  return std::exchange(spare, spare->next);
}

void give_block(void* block, std::size_t size) {
  if (size < kLarge) return std::free(block);
  Spare*& spare = spares.at(class_of(size));
  spare = new (block) Spare{spare};
}

/// The charge stands right before what the caller gets, which begins one alignment into the block.
void* allocate(std::size_t size, std::size_t alignment) {
  void* const block = take_block(alignment + size, alignment);
  if (block == nullptr || alignment > kCacheLine) std::abort();
  std::byte* const given = static_cast<std::byte*>(block) + alignment;
  new (given - sizeof(Charge)) Charge{open_account, size};
  if (open_account != nullptr) open_account->live += size;
  return given;
}

void release(void* pointer, std::size_t alignment) {
  if (pointer == nullptr) return;
  auto* const given = static_cast<std::byte*>(pointer);
  const Charge charge = *std::launder(reinterpret_cast<Charge*>(given - sizeof(Charge)));
  if (charge.account != nullptr) charge.account->live -= charge.size;
  give_block(given - alignment, alignment + charge.size);
}

}  // namespace

MemoryScope::MemoryScope(MemoryAccount& account) : outer_{open_account} {
  open_account = &account;
}

MemoryScope::~MemoryScope() {
  open_account = outer_;
}

}  // namespace volley::sim

using volley::sim::allocate;
using volley::sim::kPlain;
using volley::sim::release;

void* operator new(std::size_t size) {
  return allocate(size, kPlain);
}
void* operator new[](std::size_t size) {
  return allocate(size, kPlain);
}
void* operator new(std::size_t size, std::align_val_t alignment) {
  return allocate(size, std::max(kPlain, static_cast<std::size_t>(alignment)));
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  return allocate(size, kPlain);
}
void* operator new(std::size_t size, std::align_val_t alignment, const std::nothrow_t&) noexcept {
  return allocate(size, std::max(kPlain, static_cast<std::size_t>(alignment)));
}
void operator delete(void* pointer) noexcept {
  release(pointer, kPlain);
}
void operator delete[](void* pointer) noexcept {
  release(pointer, kPlain);
}
void operator delete(void* pointer, std::size_t) noexcept {
  release(pointer, kPlain);
}
void operator delete[](void* pointer, std::size_t) noexcept {
  release(pointer, kPlain);
}
void operator delete(void* pointer, std::align_val_t alignment) noexcept {
  release(pointer, std::max(kPlain, static_cast<std::size_t>(alignment)));
}
void operator delete(void* pointer, std::size_t, std::align_val_t alignment) noexcept {
  release(pointer, std::max(kPlain, static_cast<std::size_t>(alignment)));
}
