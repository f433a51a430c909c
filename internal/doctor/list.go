package doctor

// Checks lists all there are, in the order in which they are shown.
func Checks() []Check {
	return []Check{
		{"server.running", "Server", "running", nil, needServer, serverRunning},
		{"server.version", "Server", "version", nil, needServer, serverVersion},
		{"server.settings", "Server", "settings", nil, needServer, serverSettings},

		{"db.journal", "Database", "write-ahead log", []string{"database.wal"}, needDatabase, journalMode},
		{"db.sync", "Database", "synced commits", []string{"database.wal"}, needDatabase, synchronous},
		{"db.cache", "Database", "page cache", []string{"database.cache"}, needDatabase, pageCache},
		{"db.temp_store", "Database", "temporary tables", nil, needDatabase, tempStore},
		{"db.journal_size_limit", "Database", "size the log is cut to", nil, needDatabase, journalSizeLimit},
		{"db.mmap", "Database", "mapped memory", nil, needDatabase, mappedMemory},
		{"db.busy_timeout", "Database", "wait for a lock", nil, needDatabase, busyTimeout},
		{"db.foreign_keys", "Database", "foreign keys", nil, needDatabase, foreignKeys},
		{"db.schema", "Database", "schema", nil, needDatabase, schema},
		{"db.indexes", "Database", "indexes", []string{"database.indexes"}, needDatabase, indexes},
		{"db.statistics", "Database", "planner's statistics", []string{"database.indexes"}, needDatabase, statistics},
		{"db.integrity", "Database", "integrity", nil, needDatabase, integrity},
		{"db.wal_size", "Database", "size of the log", nil, 0, walSize},
		{"db.readers", "Database", "pool of readers", []string{"database.pool"}, 0, readers},

		{"ws.limits", "Connections", "limits", []string{"websocket.limits"}, 0, connectionLimits},
		{"ws.descriptors", "Connections", "file descriptors", []string{"websocket.limits"}, 0, descriptors},
		{"ws.backpressure", "Connections", "backpressure", []string{"websocket.backpressure"}, 0, backpressure},
		{"ws.batching", "Connections", "batching", []string{"websocket.batching"}, 0, batching},
		{"ws.idle", "Connections", "idle cleanup", []string{"websocket.idle"}, 0, idleCleanup},
		{"limits.rates", "Connections", "rate limits", nil, 0, rates},
		{"limits.work", "Connections", "bounded work", nil, 0, boundedWork},

		{"memory.budget", "Memory", "budget", []string{"sizing.memory"}, 0, memoryBudget},
		{"memory.limit", "Memory", "GOMEMLIMIT", nil, needMetrics, goMemoryLimit},
		{"memory.metrics", "Memory", "figures", []string{"memory.metrics"}, needMetrics, memoryMetrics},
		{"memory.leaks", "Memory", "leaks", []string{"memory.leaks"}, needMetrics, leaks},
		{"memory.interning", "Memory", "string interning", []string{"memory.interning"}, 0, interning},
		{"memory.pooling", "Memory", "object pooling", []string{"memory.pooling"}, 0, pooling},

		{"cache.levels", "Caches", "levels", []string{"caching.levels"}, 0, cacheLevels},
		{"cache.hits", "Caches", "hit rate", []string{"caching.hits", "targets.hits"}, needMetrics, hitRate},
		{"cache.ttl", "Caches", "lifetimes", []string{"caching.ttl"}, 0, lifetimes},
		{"cache.invalidation", "Caches", "invalidation", []string{"caching.invalidation"}, 0, invalidation},

		{"target.create", "Targets", "message creation", []string{"targets.create"}, needMetrics, createTarget},
		{"target.broadcast", "Targets", "broadcast", []string{"targets.broadcast"}, needMetrics, broadcastTarget},
		{"target.query", "Targets", "database query", []string{"targets.query"}, needMetrics, queryTarget},
		{"target.memory", "Targets", "memory", []string{"targets.memory"}, needMetrics, memoryTarget},
		{"target.connections", "Targets", "connections", []string{"targets.connections"}, needMetrics, connectionsTarget},

		{"metrics.reachable", "Monitoring", "metrics", []string{"monitoring.exported"}, needServer, metricsReachable},
		{"metrics.exposure", "Monitoring", "who reaches them", nil, 0, metricsExposure},
		{"monitoring.dashboards", "Monitoring", "Grafana dashboard", []string{"monitoring.dashboards"}, 0, dashboards},
		{"monitoring.alerts", "Monitoring", "alert rules", []string{"monitoring.alerts"}, 0, alerts},
		{"monitoring.load", "Monitoring", "load test results", []string{"monitoring.load"}, 0, loadResults},

		{"machine.cores", "Machine", "cores", []string{"sizing.cores"}, 0, cores},
		{"machine.network", "Machine", "network", []string{"sizing.network"}, 0, network},
		{"data.filesystem", "Machine", "file system", nil, 0, fileSystem},
		{"data.space", "Machine", "free space", nil, 0, freeSpace},
		{"data.fsync", "Machine", "speed of a sync", []string{"sizing.storage"}, 0, syncSpeed},
		{"data.permissions", "Machine", "permissions", nil, 0, permissions},
		{"data.secrets", "Machine", "files of secrets", nil, 0, secretFiles},
		{"clock.messages", "Machine", "clock and messages", nil, needDatabase, clockAndMessages},
		{"clock.synchronised", "Machine", "clock", nil, 0, clockSynchronised},

		{"files.present", "Files", "bytes of files", nil, 0, filesPresent},
		{"files.orphans", "Files", "bytes of no file", nil, 0, filesOrphaned},
		{"files.writable", "Files", "uploads", nil, 0, filesWritable},
		{"files.space", "Files", "room for them", nil, 0, filesSpace},

		{"outbox.age", "Outbox", "oldest that is due", nil, needDatabase, outboxAge},
		{"outbox.lanes", "Outbox", "lanes", nil, needDatabase, outboxLanes},
		{"outbox.lost", "Outbox", "given up", nil, needDatabase, outboxLost},
		{"push.keys", "Outbox", "keys of Web Push", nil, 0, pushKeys},

		{"public.https", "Public address", "HTTPS", nil, needURL, publicHTTPS},
		{"public.upgrade", "Public address", "WebSocket upgrade", nil, needURL, publicUpgrade},
		{"public.proxy", "Public address", "proxy's headers", nil, needURL, proxyHeaders},
		{"scaling.out", "Public address", "several instances", []string{"scaling.postgres", "scaling.redis", "scaling.balancer", "scaling.queue"}, 0, scalingOut},
	}
}
