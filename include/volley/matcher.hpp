#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

#include <volley/bytes.hpp>
#include <volley/error.hpp>

namespace volley {

/// A request's ID as a raw protocol carries it: up to 16 bytes, read as one big-endian number.
struct MatchId {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  friend constexpr auto operator<=>(const MatchId&, const MatchId&) = default;
};

/// Says which reply belongs to which request, where a raw protocol has an ID: DNS `id@0:2`, NTP
/// `id@40:8=24`, STUN `id@8:12`. With it one socket carries many requests, and a forger must guess
/// the ID.
///
/// Copyable. The functions are called on the client's thread, for hostile bytes too.
class Matcher {
 public:
  /// The ID in a datagram, or nothing if it has none.
  using Extract = std::function<std::optional<MatchId>(Bytes datagram)>;

  /// An ID at a fixed place: `size` bytes (1 to 16) at `offset` of the request and `reply_offset`
  /// of the reply.
  struct Field {
    std::size_t offset = 0;
    std::size_t size = 0;
    std::size_t reply_offset = 0;
    bool random = false;  ///< Volley writes a fresh unpredictable ID into every request.
  };

  explicit Matcher(const Field& field);
  /// Any other protocol: how to read the ID of a request, and of a reply.
  Matcher(Extract request_id, Extract reply_id);

  /// Reads `id@OFFSET:SIZE[=REPLY_OFFSET][,random]`, all in bytes. Fails with kInvalid.
  [[nodiscard]] static Result<Matcher> parse(std::string_view text);

  std::optional<MatchId> request_id(Bytes request) const;
  std::optional<MatchId> reply_id(Bytes reply) const;
  /// The fixed place, if that is how this Matcher works.
  const std::optional<Field>& field() const { return field_; }

 private:
  std::optional<Field> field_;
  Extract request_id_;
  Extract reply_id_;
};

/// Reads the ID in a request's field, or nothing if its bytes are not all there.
std::optional<MatchId> read_match_id(Bytes request, const Matcher::Field& field);

/// Writes the low bytes of an ID into a request's field. Requires the field within the request.
void write_match_id(MutableBytes request, const Matcher::Field& field, MatchId id);

}  // namespace volley
