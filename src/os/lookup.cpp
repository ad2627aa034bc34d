#include "os/lookup.hpp"

#include <fmt/format.h>
#include <netdb.h>
#include <pthread.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <csignal>
#include <memory>
#include <mutex>
#include <system_error>
#include <thread>

#include <volley/clock.hpp>

#include "os/sockaddr.hpp"
#include "os/system_error.hpp"

namespace volley::os {
namespace {

using AddressList =
    std::unique_ptr<addrinfo, decltype([](addrinfo* list) { ::freeaddrinfo(list); })>;

/// What the waiting thread and the asking one share. The last of them to let go frees it, and the
/// asking one may be the last by minutes: hence a shared_ptr, the only one here.
struct Question {
  std::mutex mutex;
  std::condition_variable answered;
  std::optional<Addresses> answer;
};

/// Keeps the signals of this process off the thread that is started in its lifetime: they are for
/// the threads that wait for them.
class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t all;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~SignalsBlocked() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;

 private:
  sigset_t before_{};
};

struct Answer {
  int code = 0;
  int number = 0;
  AddressList list;
};

Answer ask(const std::string& host, std::optional<Family> family, int flags) {
  addrinfo hints{};
  hints.ai_family = family ? to_domain(*family) : AF_UNSPEC;
  hints.ai_socktype = SOCK_DGRAM;
  hints.ai_flags = flags;
  addrinfo* first = nullptr;
  errno = 0;
  const int code = ::getaddrinfo(host.c_str(), nullptr, &hints, &first);
  return {code, errno, AddressList{code == 0 ? first : nullptr}};
}

bool none_of_this_family(int code) {
  return code == EAI_NONAME || code == EAI_NODATA || code == EAI_ADDRFAMILY;
}

}  // namespace

Error lookup_error(const std::string& host, int answer, int number) {
  switch (answer) {
    case EAI_NONAME:
      return {ErrorCode::kNotFound, 0,
              fmt::format("no host is called '{}'; check the name, or give its address", host)};
    case EAI_NODATA:
    case EAI_ADDRFAMILY:
      return {
          ErrorCode::kNotFound, 0,
          fmt::format("'{}' has no address of the kind asked for; try the other of IPv4 and IPv6",
                      host)};
    case EAI_AGAIN:
      return {
          ErrorCode::kTimedOut, 0,
          fmt::format("cannot find '{}': no name server answered; try again, or give its address",
                      host)};
    case EAI_SYSTEM:
      return system_error(number, fmt::format("cannot find '{}'", host),
                          "give its address instead");
    default:
      return {ErrorCode::kSystem, 0,
              fmt::format("cannot find '{}': {}; give its address instead", host,
                          ::gai_strerror(answer))};
  }
}

Addresses look_up(const std::string& host, std::optional<Family> family) {
  // AI_ADDRCONFIG spares the question for addresses that this machine has no way to reach. Since it
  // counts no loopback address, it would also hide local names from a machine that has nothing
  // else: hence the retry.
  Answer answer = ask(host, family, AI_ADDRCONFIG);
  if (none_of_this_family(answer.code)) answer = ask(host, family, 0);
  if (answer.code != 0) return std::unexpected(lookup_error(host, answer.code, answer.number));
  std::vector<IpAddress> found;
  for (const addrinfo* entry = answer.list.get(); entry != nullptr; entry = entry->ai_next) {
    const IpAddress address = from_sockaddr(entry->ai_addr).address();
    if (std::ranges::find(found, address) == found.end()) found.push_back(address);
  }
  return found;
}

Addresses look_up_until(Instant deadline, const std::string& host,
                        std::move_only_function<Addresses()> lookup) {
  const Error too_late{
      ErrorCode::kTimedOut, ETIMEDOUT,
      fmt::format("'{}' was not found before the deadline; allow more time, or give its address",
                  host)};
  if (now() >= deadline) return std::unexpected(too_late);
  const auto question = std::make_shared<Question>();
  try {
    const SignalsBlocked blocked;
    std::thread{[question, lookup = std::move(lookup)]() mutable {
      Addresses answer = lookup();
      const std::lock_guard lock{question->mutex};
      question->answer = std::move(answer);
      question->answered.notify_one();
    }}.detach();
  } catch (const std::system_error& error) {
    return std::unexpected(
        system_error(error.code().value(), "cannot start a thread to look a name up"));
  }
  std::unique_lock lock{question->mutex};
  // In slices: the wait's own clock stands still while the machine is suspended.
  while (!question->answer && now() < deadline) {
    question->answered.wait_for(lock,
                                std::min<Duration>(deadline - now(), std::chrono::seconds{1}));
  }
  return std::move(question->answer).value_or(std::unexpected(too_late));
}

}  // namespace volley::os
