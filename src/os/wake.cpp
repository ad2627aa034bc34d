#include "os/wake.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <utility>

#include "os/system_error.hpp"

namespace volley::os {

Result<Wake> Wake::create() {
  Fd event{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
  if (!event) return std::unexpected(system_error(errno, "cannot make an event descriptor"));
  return Wake{std::move(event)};
}

void Wake::raise() const noexcept {
  const std::uint64_t one = 1;
  // It can only fail when the counter is full, and then the event is up already.
  [[maybe_unused]] const ssize_t written = ::write(event_.number(), &one, sizeof one);
}

void Wake::clear() const noexcept {
  std::uint64_t count = 0;
  // It can only fail when nothing was raised.
  [[maybe_unused]] const ssize_t taken = ::read(event_.number(), &count, sizeof count);
}

}  // namespace volley::os
