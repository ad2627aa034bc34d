#include "core/congestion_window.hpp"

#include <chrono>

#include "base/check.hpp"

namespace volley {
namespace {

constexpr Duration kSilence = std::chrono::seconds{1};

}  // namespace

std::size_t CongestionWindow::room() const {
  const auto allowed = static_cast<std::size_t>(window_ * static_cast<double>(full_));
  if (idle()) return allowed;
  return in_flight_ + full_ <= allowed ? allowed - in_flight_ : 0;
}

bool CongestionWindow::sent(std::size_t weight, Duration timeout, Instant now) {
  if (idle() && now > idle_since_ && now - idle_since_ > std::max(timeout, kSilence)) {
    window_ = std::min(window_, kFirst);
  }
  in_flight_ += weight;
  return in_datagrams(in_flight_) > window_ / 2;
}

void CongestionWindow::left(std::size_t weight, Instant now) {
  VOLLEY_CHECK(weight <= in_flight_);
  in_flight_ -= weight;
  if (idle()) idle_since_ = now;
}

void CongestionWindow::answered(std::size_t weight) {
  // Slow start doubles the window in a round trip; beyond the threshold it grows by one datagram.
  const double grown = in_datagrams(weight);
  window_ += window_ < threshold_ ? grown : grown / window_;
}

bool CongestionWindow::halve(Instant sent, Instant now, double least) {
  // What is sent at the very moment of a reduction follows from it.
  if (sent < lost_) return false;
  lost_ = now;
  window_ = threshold_ = std::max(window_ / 2, std::min(window_, least));
  return true;
}

bool CongestionWindow::silent(Instant sent, Instant now) {
  if (sent < silent_) return false;
  silent_ = lost_ = now;
  threshold_ = std::max(window_ / 2, kLeast);
  window_ = kLeast;
  return true;
}

void CongestionWindow::restart() {
  window_ = kFirst;
  threshold_ = kNever;
}

}  // namespace volley
