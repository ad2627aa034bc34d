#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>

#include <volley/time.hpp>

namespace volley {

/// How much may be in flight to one destination: protocol.md §7. Pure arithmetic; one thread.
///
/// Weights are in octets of frames, so that what was added is taken away to the last bit; a full
/// datagram of them weighs 1 in the document's words, and a datagram never less.
class CongestionWindow {
 public:
  /// `full`: the octets of frames in a full datagram.
  explicit CongestionWindow(std::size_t full) : full_{full} {}

  /// What a datagram weighs whose frames, and the replies to them, take so many octets.
  std::size_t weight(std::size_t octets) const { return std::max(full_, octets); }

  /// Whether nothing is in flight: then one datagram may go, whatever it weighs.
  bool idle() const { return in_flight_ == 0; }
  /// How many octets may go in the next datagram; 0 if it must wait.
  std::size_t room() const;

  /// A datagram goes. Whether it is to be told of by answered(): a window not used does not grow.
  /// After a silence of more than a second, or than `timeout`, the window starts small again.
  bool sent(std::size_t weight, Duration timeout, Instant now);
  /// A datagram is in flight no more, for whatever reason.
  void left(std::size_t weight, Instant now);
  /// All of a datagram was answered, and the window was used when it was sent.
  void answered(std::size_t weight);

  /// A frame sent then was lost: halves the window, once a round trip. Whether it did.
  bool lost(Instant sent, Instant now) { return halve(sent, now, kLeast); }
  /// The same where later answers showed it, and so that the path delivers: it stays wide enough
  /// that they can show the next loss too.
  bool found_lost(Instant sent, Instant now) { return halve(sent, now, kLeastFound); }
  /// A frame sent then was lost, its copy too, and nothing was heard: back to the least window,
  /// once a round trip. Whether it did.
  bool silent(Instant sent, Instant now);
  /// Another incarnation: nothing is known of what it can take.
  void restart();

  /// In datagrams.
  double datagrams() const { return window_; }

 private:
  static constexpr double kFirst = 10;
  static constexpr double kLeast = 2;
  static constexpr double kLeastFound = 4;
  static constexpr double kNever = std::numeric_limits<double>::infinity();

  bool halve(Instant sent, Instant now, double least);
  double in_datagrams(std::size_t octets) const {
    return static_cast<double>(octets) / static_cast<double>(full_);
  }

  std::size_t full_;
  std::size_t in_flight_ = 0;
  double window_ = kFirst;
  double threshold_ = kNever;
  Instant idle_since_ = Instant::max();  // Until then nothing was ever sent.
  Instant lost_{};                       // When the window was halved last,
  Instant silent_{};                     // and when silent() did its part.
};

}  // namespace volley
