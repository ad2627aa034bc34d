#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

#include <volley/endpoint.hpp>
#include <volley/time.hpp>

#include "core/address_shares.hpp"
#include "core/block_index.hpp"
#include "core/block_store.hpp"
#include "core/number_state.hpp"
#include "core/reply_store.hpp"
#include "core/secret_hash.hpp"
#include "core/slot_list.hpp"
#include "wire/numbers.hpp"

namespace volley {

/// What a context is found by: the client_id alone (protocol.md §6.1).
enum class ContextKey : std::uint64_t {};

/// What a server remembers of one client_id: a base, and the states of the numbers from there on.
struct Context {
  ContextKey key() const { return id; }

  ContextKey id{};
  Instant alive{};                ///< Its last sign of life.
  AddressShare* share = nullptr;  ///< Of the address that made it, which is charged.
  std::uint32_t base = 0;         ///< Every number below is finished.
  std::uint32_t end = 0;          ///< Every number from here on is new. Never below base.
  std::uint32_t ring_size = 0;    ///< A power of two, or 0.
  Block ring = kNoBlock;          ///< The states in between, each at its number modulo the size.
  std::uint32_t running = 0;      ///< Handlers, of numbers below the base too.
  std::uint32_t room = 0;         ///< For replies, kept or yet to come: units of memory.
  std::uint32_t queued_at = 0;    ///< When it took its place in the order of expiry.
  Block next = kNoBlock;          ///< The index's.
  SlotLinks links{};              ///< In the order of expiry.
};
static_assert(sizeof(Context) == 64);

/// The contexts of one worker (protocol.md §6.4, §6.8), in memory that the store bounds and the
/// shares divide. A context stays where it is until it is forgotten. One thread.
class ContextTable {
 public:
  struct Parts {
    BlockStore& store;
    AddressShares& shares;
    ReplyStore& replies;
  };
  struct Options {
    std::size_t reply_room;  ///< Bytes that one context may have for replies.
    std::uint64_t hash_secret;
  };
  ContextTable(const Parts& parts, const Options& options);

  std::size_t size() const { return index_.size(); }

  /// nullptr if there is none.
  Context* find(ContextKey key) const;
  /// Makes one, all of its numbers new. nullptr if there is no room, in all or for the address.
  Context* make(ContextKey key, const IpAddress& address, std::uint32_t base, Instant now);
  /// Forgets a context of which nothing runs.
  void forget(Context& context);
  /// How many were forgotten so far: until it changes, every context is where it was.
  std::uint32_t forgotten() const { return forgotten_; }

  /// Every datagram of the client's, and the end of every handler: it is remembered for
  /// kContextLife from now on.
  void sign_of_life(Context& context, Instant now) {
    context.alive = now;
    if (coarse(now) != context.queued_at) move_back(context, now);
  }
  /// When expire() has something to do.
  std::optional<Instant> next_expiry() const;
  /// Forgets what has expired, looking at so many contexts at most.
  void expire(Instant now, std::size_t most);

  // Numbers, all of them from the base on.

  /// Requires that it can be given one: what was never given one is new.
  NumberState state(const Context& context, std::uint32_t number) const {
    return entry(context, number);
  }
  /// Whether the number can be given a state.
  static bool has_room(const Context& context, std::uint32_t number) {
    return number - context.base < context.ring_size;
  }
  /// Makes sure that it can. False if there is no room.
  [[nodiscard]] bool make_room(Context& context, std::uint32_t number);
  /// Requires that it can.
  void set(Context& context, std::uint32_t number, NumberState state) {
    entry(context, number) = state;
    reach(context, number + 1);
  }

  /// Where the states of a context's numbers are until its base rises or make_room() makes some.
  class Ring {
   public:
    Ring() = default;
    Ring(NumberState* states, const Context& context)
        : states_{states}, base_{context.base}, size_{context.ring_size} {}
    /// nullptr if the number is below the base or cannot be given a state.
    NumberState* find(std::uint32_t number) const {
      return number - base_ < size_ ? &states_[number & (size_ - 1)] : nullptr;
    }

   private:
    NumberState* states_ = nullptr;
    std::uint32_t base_ = 0;
    std::uint32_t size_ = 0;
  };
  Ring ring_of(const Context& context) const {
    return context.ring == kNoBlock ? Ring{} : Ring{ring(context), context};
  }
  /// All numbers that have a state are below that one: for who sets states where ring_of() found
  /// them.
  static void reach(Context& context, std::uint32_t end) {
    if (end > context.end) context.end = end;
  }

  /// Gives up what is known of all numbers below, and their replies. What runs goes on.
  void raise_base(Context& context, std::uint32_t base);
  /// Gives up the memory for states where none is known. Not as soon as the base rises: what comes
  /// with it is mostly the next number.
  void trim(Context& context) {
    if (context.base == context.end && context.ring != kNoBlock) drop_ring(context);
  }

  // For planted bugs, which do what nobody may.

  /// A number that was seen becomes new.
  void forget_number(Context& context, std::uint32_t number);
  /// The number from the base on that stands where one below it stood.
  static std::uint32_t number_in_place_of(const Context& context, std::uint32_t number) {
    return context.base + ((number - context.base) & (context.ring_size - 1));
  }

  // Room for replies, in units of memory.

  /// False if the context's share or the address's does not allow it.
  bool take_room(Context& context, std::uint32_t units) const {
    if (std::size_t{context.room} + units > most_room_) return false;
    if (!shares_.take_memory(*context.share, units)) return false;
    context.room += units;
    return true;
  }
  static void give_room(Context& context, std::uint32_t units) {
    AddressShares::give_memory(*context.share, units);
    context.room -= units;
  }
  /// So many of the context give up a page that was kept for them.
  void give_up(Context& context, Block page, std::uint32_t keepers = 1) const {
    give_room(context, replies_.give_up(page, keepers));
  }

 private:
  /// A sign of life moves a context in the order of expiry once in so long at most, as that touches
  /// its neighbours too. So a context may live longer by as much, never shorter: 1.07 s.
  static std::uint32_t coarse(Instant time) {
    return static_cast<std::uint32_t>(time.time_since_epoch().count() >> 30U);
  }
  void move_back(Context& context, Instant now);
  Context& first_to_expire() const;

  NumberState* ring(const Context& context) const { return &store_.as<NumberState>(context.ring); }
  NumberState& entry(const Context& context, std::uint32_t number) const {
    return ring(context)[number & (context.ring_size - 1)];
  }
  void drop_ring(Context& context);

  // For the order of expiry: SlotList's table.
  struct ByPlace {
    const BlockStore& store;
    Context& operator[](Slot slot) const { return store.as<Context>(Block{slot}); }
  };
  struct Hash {
    SecretHash hash;
    std::uint64_t operator()(ContextKey key) const { return hash(std::to_underlying(key)); }
  };

  BlockStore& store_;
  AddressShares& shares_;
  ReplyStore& replies_;
  std::size_t most_room_;  // In units.
  BlockIndex<Context, Hash> index_;
  SlotList order_;
  std::uint32_t forgotten_ = 0;
};

}  // namespace volley
