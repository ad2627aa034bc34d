#pragma once

/// Everything a program needs. Each header also stands alone.

#include <volley/answer.hpp>
#include <volley/batch.hpp>
#include <volley/bytes.hpp>
#include <volley/client.hpp>
#include <volley/client_core.hpp>
#include <volley/clock.hpp>
#include <volley/datagram.hpp>
#include <volley/endpoint.hpp>
#include <volley/error.hpp>
#include <volley/matcher.hpp>
#include <volley/network.hpp>
#include <volley/options.hpp>
#include <volley/raw_answer.hpp>
#include <volley/raw_client.hpp>
#include <volley/raw_server.hpp>
#include <volley/server.hpp>
#include <volley/server_core.hpp>
#include <volley/time.hpp>
#include <volley/udp_socket.hpp>
