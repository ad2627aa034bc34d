#include "os/socket_options.hpp"

#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <charconv>
#include <optional>
#include <vector>

#include <volley/network.hpp>

#include "base/nearest.hpp"
#include "os/option_table.hpp"
#include "os/option_value.hpp"
#include "os/system_error.hpp"

namespace volley::os {
namespace {

std::unexpected<Error> fail(ErrorCode code, std::string message, std::string_view hint = {}) {
  if (!hint.empty()) message += fmt::format("; {}", hint);
  return std::unexpected(Error{code, 0, std::move(message)});
}

std::unexpected<Error> unknown(std::string_view name) {
  std::vector<std::string_view> names;
  for (const SocketOption& option : socket_options()) names.push_back(option.name);
  const auto meant = nearest(name, names);
  return fail(ErrorCode::kNotFound,
              meant ? fmt::format("no socket option is called '{}'; did you mean {}?", name, *meant)
                    : fmt::format("no socket option is called '{}'; give a system name such as "
                                  "SO_RCVBUF, or LEVEL:NUMBER",
                                  name));
}

std::optional<int> small_number(std::string_view text) {
  const int base = text.starts_with("0x") ? 16 : 10;
  if (base == 16) text.remove_prefix(2);
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  if (error != std::errc{} || end != text.data() + text.size() || number < 0) return std::nullopt;
  return number;
}

/// What a name or LEVEL:NUMBER means. The result borrows `name`.
Result<SocketOption> to_option(std::string_view name) {
  if (const SocketOption* known = find_option(name)) return *known;
  const std::size_t colon = name.find(':');
  if (colon == std::string_view::npos) return unknown(name);
  const auto level = small_number(name.substr(0, colon));
  const auto number = small_number(name.substr(colon + 1));
  if (level && number) return SocketOption{name, *level, *number, OptionKind::kByNumber};
  return fail(ErrorCode::kInvalid,
              fmt::format("'{}' is not LEVEL:NUMBER; write two numbers, as in 17:103", name));
}

/// IPv6 options do not exist on an IPv4 socket, whatever the kernel makes of them; many have a
/// twin.
Result<void> check_family(int fd, const SocketOption& option) {
  int domain = AF_INET6;
  socklen_t size = sizeof domain;
  ::getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size);
  if (option.level != IPPROTO_IPV6 || domain != AF_INET) return {};
  std::string twin;
  if (option.name.starts_with("IPV6_")) twin = fmt::format("IP_{}", option.name.substr(5));
  if (option.name == "IPV6_UNICAST_HOPS") twin = "IP_TTL";
  if (option.name == "IPV6_MULTICAST_HOPS") twin = "IP_MULTICAST_TTL";
  if (option.name == "IPV6_TCLASS") twin = "IP_TOS";
  return fail(ErrorCode::kUnsupported,
              fmt::format("{} is an option of IPv6 sockets, and this one is IPv4", option.name),
              find_option(twin) != nullptr ? fmt::format("use {}", twin) : "use an IPv6 address");
}

std::string_view privilege(const SocketOption& option) {
  if (option.level == SOL_SOCKET && option.number == SO_LOCK_FILTER) return "";
  const bool device = option.level == SOL_SOCKET &&
                      (option.number == SO_BINDTODEVICE || option.number == SO_BINDTOIFINDEX);
  return device ? "it needs root or CAP_NET_RAW" : "it needs root or CAP_NET_ADMIN";
}

Error kernel_error(int number, const SocketOption& option, const std::string& what) {
  std::string hint{option.hint};
  if (number == EPERM || number == EACCES) {
    const std::string_view needs = privilege(option);
    hint = fmt::format("{}{}{}", needs, needs.empty() || hint.empty() ? "" : "; ", hint);
  } else if ((number == ENOPROTOOPT || number == EOPNOTSUPP) && hint.empty()) {
    hint = "this kernel does not have it for UDP sockets";
  }
  return system_error(number, what, hint);
}

/// An interface that there is none of: its error names those there are, but not the option.
Error no_interface(const Error& error, const std::string& what) {
  return {error.code, error.system_error, fmt::format("{}: {}", what, error.message)};
}

Result<void> check_access(const SocketOption& option, OptionAccess refused, std::string_view verb) {
  if (option.kind == OptionKind::kStructure) {
    return fail(ErrorCode::kUnsupported,
                fmt::format("cannot {} {}: its value is a structure", verb, option.name),
                option.hint);
  }
  if (option.access != refused) return {};
  return fail(ErrorCode::kInvalid,
              fmt::format("cannot {} {}: it can only be {}", verb, option.name,
                          refused == OptionAccess::kReadOnly ? "read" : "set"),
              option.hint);
}

}  // namespace

Result<void> set_socket_option(int fd, std::string_view name_and_value) {
  const std::size_t equals = name_and_value.find('=');
  const auto option = to_option(name_and_value.substr(0, equals));
  if (!option) return std::unexpected(option.error());
  if (auto allowed = check_access(*option, OptionAccess::kReadOnly, "set"); !allowed)
    return allowed;
  if (equals == std::string_view::npos) {
    return fail(ErrorCode::kInvalid,
                fmt::format("{0} needs a value: write {0}=VALUE", option->name));
  }
  if (auto fits = check_family(fd, *option); !fits) return fits;
  const std::string what = fmt::format("cannot set {}", name_and_value);
  const std::string_view text = name_and_value.substr(equals + 1);
  const auto value = parse_option_value(*option, text);
  if (!value && value.error().code == ErrorCode::kNotFound)
    return std::unexpected(no_interface(value.error(), what));
  if (!value) return std::unexpected(value.error());
  const Bytes bytes = value->bytes();
  const auto size = static_cast<socklen_t>(bytes.size());
  if (::setsockopt(fd, option->level, option->number, bytes.data(), size) == 0) return {};
  const int number = errno;
  if (number == ENODEV && option->kind == OptionKind::kText) {
    if (auto index = interface_index(text); !index)
      return std::unexpected(no_interface(index.error(), what));
  }
  return std::unexpected(kernel_error(number, *option, what));
}

Result<OptionValue> get_socket_option(int fd, std::string_view name) {
  const auto option = to_option(name);
  if (!option) return std::unexpected(option.error());
  if (auto allowed = check_access(*option, OptionAccess::kWriteOnly, "read"); !allowed)
    return std::unexpected(allowed.error());
  if (auto fits = check_family(fd, *option); !fits) return std::unexpected(fits.error());
  OptionBytes value;
  auto size = static_cast<socklen_t>(option_room(option->kind));
  if (::getsockopt(fd, option->level, option->number, value.room.data(), &size) != 0) {
    return std::unexpected(kernel_error(errno, *option, fmt::format("cannot read {}", name)));
  }
  value.size = size;
  auto text = format_option_value(*option, value.bytes());
  if (!text) return std::unexpected(text.error());
  return OptionValue{std::string{name}, std::move(*text)};
}

}  // namespace volley::os
