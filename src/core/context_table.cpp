#include "core/context_table.hpp"

#include <algorithm>
#include <bit>
#include <new>

#include "base/check.hpp"
#include "core/planted.hpp"

namespace volley {
namespace {

constexpr std::uint32_t kLeastRing = 8;

constexpr std::uint32_t kContextUnits = BlockStore::units_for(sizeof(Context));

Duration context_life() {
  return planted(Bug::kContextFreedEarly) ? std::chrono::seconds{60} : kContextLife;
}

constexpr std::uint32_t ring_units(std::size_t size) {
  return BlockStore::units_for(size * sizeof(NumberState));
}

}  // namespace

ContextTable::ContextTable(const Parts& parts, const Options& options)
    : store_{parts.store},
      shares_{parts.shares},
      replies_{parts.replies},
      most_room_{options.reply_room / BlockStore::kUnit},
      index_{parts.store, Hash{SecretHash{options.hash_secret}}} {}

Context* ContextTable::find(ContextKey key) const {
  const Block block = index_.find(key);
  return block == kNoBlock ? nullptr : &store_.as<Context>(block);
}

Context* ContextTable::make(ContextKey key, const IpAddress& address, std::uint32_t base,
                            Instant now) {
  AddressShare* const share = shares_.hold(address);
  if (share == nullptr) return nullptr;
  const bool charged = shares_.take_memory(*share, kContextUnits);
  const Block block = charged ? store_.allocate(sizeof(Context)) : kNoBlock;
  if (block != kNoBlock) {
    auto* const context = new (store_.at(block)) Context{.id = key,
                                                         .alive = now,
                                                         .share = share,
                                                         .base = base,
                                                         .end = base,
                                                         .queued_at = coarse(now)};
    if (index_.insert(block)) {
      ByPlace places{store_};
      order_.push_back(places, std::to_underlying(block));
      return context;
    }
    store_.release(block);
  }
  if (charged) AddressShares::give_memory(*share, kContextUnits);
  shares_.let_go(*share);
  return nullptr;
}

void ContextTable::forget(Context& context) {
  VOLLEY_CHECK(context.running == 0);
  raise_base(context, context.end);
  if (context.ring != kNoBlock) drop_ring(context);
  VOLLEY_CHECK(context.room == 0);
  const Block block = index_.find(context.id);
  index_.erase(block);
  ByPlace places{store_};
  order_.erase(places, std::to_underlying(block));
  AddressShares::give_memory(*context.share, kContextUnits);
  shares_.let_go(*context.share);
  store_.release(block);
  ++forgotten_;
}

void ContextTable::move_back(Context& context, Instant now) {
  context.queued_at = coarse(now);
  const Slot place = std::to_underlying(index_.find(context.id));
  ByPlace places{store_};
  order_.erase(places, place);
  order_.push_back(places, place);
}

Context& ContextTable::first_to_expire() const {
  return store_.as<Context>(Block{order_.front()});
}

std::optional<Instant> ContextTable::next_expiry() const {
  if (order_.empty()) return std::nullopt;
  // One with a handler running may have been moved back since it was last alive.
  const Context& first = first_to_expire();
  const Instant queued{Duration{std::int64_t{first.queued_at} << 30U}};
  return std::max(first.alive, queued) + context_life();
}

// protocol.md §6.8: 247 s after the last sign of life, and never with a handler running.
void ContextTable::expire(Instant now, std::size_t most) {
  for (; most > 0 && next_expiry() && *next_expiry() <= now; --most) {
    Context& first = first_to_expire();
    if (first.running == 0) {
      forget(first);
    } else {
      move_back(first, now);
    }
  }
}

void ContextTable::forget_number(Context& context, std::uint32_t number) {
  const NumberState state = std::exchange(entry(context, number), NumberState{});
  if (state.kind() == NumberState::Kind::kKept) give_up(context, state.page());
}

void ContextTable::raise_base(Context& context, std::uint32_t base) {
  if (base <= context.base) return;
  const std::uint32_t stop = std::min(base, context.end);
  while (context.base < stop) {
    // Numbers whose replies stand on one page stand together, too.
    const std::uint32_t place = context.base & (context.ring_size - 1);
    const std::uint32_t most = std::min(stop - context.base, context.ring_size - place);
    NumberState* const first = ring(context) + place;
    const NumberState state = *first;
    NumberState* const other = std::find_if(
        first, first + most, [state](NumberState another) { return another != state; });
    std::fill(first, other, NumberState{});
    const auto alike = static_cast<std::uint32_t>(other - first);
    if (state.kind() == NumberState::Kind::kKept) give_up(context, state.page(), alike);
    context.base += alike;
  }
  context.base = base;
  context.end = std::max(base, context.end);
}

bool ContextTable::make_room(Context& context, std::uint32_t number) {
  if (has_room(context, number)) return true;
  const std::uint32_t size = std::max(std::bit_ceil(number - context.base + 1), kLeastRing);
  if (!shares_.take_memory(*context.share, ring_units(size))) return false;
  const Block block = store_.allocate(size * sizeof(NumberState));
  if (block == kNoBlock) {
    AddressShares::give_memory(*context.share, ring_units(size));
    return false;
  }
  auto* const states = new (store_.at(block)) NumberState[size]{};
  for (std::uint32_t known = context.base; known < context.end; ++known) {
    states[known & (size - 1)] = entry(context, known);
  }
  if (context.ring != kNoBlock) drop_ring(context);
  context.ring = block;
  context.ring_size = size;
  return true;
}

void ContextTable::drop_ring(Context& context) {
  AddressShares::give_memory(*context.share, ring_units(context.ring_size));
  store_.release(context.ring);
  context.ring = kNoBlock;
  context.ring_size = 0;
}

}  // namespace volley
